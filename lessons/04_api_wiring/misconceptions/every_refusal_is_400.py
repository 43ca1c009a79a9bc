"""Whatever is refused is called a bad request."""

from case_tracker.domain.errors import DatabaseBusyError


def status_code(error):
    match error:
        case InvalidValueError():
            return 422
        case DatabaseBusyError():
            return 503
        case _:
            return 400
