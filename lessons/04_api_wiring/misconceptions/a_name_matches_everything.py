"""The brackets are forgotten: a name in a case is bound to whatever comes."""


def status_code(error):
    match error:
        case InvalidValueError():
            return 422
        case CaseNotFoundError:
            return 404
