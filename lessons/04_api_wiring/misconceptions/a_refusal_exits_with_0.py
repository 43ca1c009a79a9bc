"""The command prints the refusal and ends as if all were well."""


def open_command(units, case_id, title):
    try:
        return _line(open_case(units, CaseId(case_id), title))
    except CaseTrackerError as error:
        return f"error: {error}"
