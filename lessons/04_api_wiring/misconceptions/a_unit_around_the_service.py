"""The service is called inside the old with block."""


def open_command(units, case_id, title):
    with units.write():
        return _line(open_case(units, CaseId(case_id), title))
