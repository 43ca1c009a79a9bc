"""What has no name gets one."""


@contextmanager
def translated_errors(translation=None):
    try:
        yield
    except DATABASE_ERRORS as error:
        translated = (translation or translate)(error)
        raise translated or ConstraintViolatedError(str(error)) from error
