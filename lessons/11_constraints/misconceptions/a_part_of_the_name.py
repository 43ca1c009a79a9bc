"""A word of the name decides."""


def refusal(constraint):
    if constraint == "pk_cases":
        return CaseAlreadyExistsError()
    if "reference" in constraint:
        return ReferenceTakenError()
    return ConstraintViolatedError(constraint)
