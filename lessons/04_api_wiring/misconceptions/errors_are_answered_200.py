"""The error stands in the body, and the status says that all is well."""


def status_code(error):
    return 422 if isinstance(error, InvalidValueError) else 200
