"""The driver's error is hidden from the log as well."""


@contextmanager
def translated_errors(translation=None):
    try:
        yield
    except DATABASE_ERRORS as error:
        translated = (translation or translate)(error)
        if translated is None:
            raise
        raise translated from None
