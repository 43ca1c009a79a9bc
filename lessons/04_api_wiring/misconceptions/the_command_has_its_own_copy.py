"""The use case a second time, with its commit this time."""


def open_command(units, case_id, title):
    case = Case(CaseId(case_id), title)
    with units.write() as unit:
        unit.cases.add(case)
        unit.commit()
    return _line(case)
