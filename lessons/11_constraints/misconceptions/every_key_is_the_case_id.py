"""Every primary key is taken for the one of a case."""


def refusal(constraint):
    if constraint.startswith("pk_"):
        return CaseAlreadyExistsError()
    if constraint == "uq_cases_reference_alive":
        return ReferenceTakenError()
    return ConstraintViolatedError(constraint)
