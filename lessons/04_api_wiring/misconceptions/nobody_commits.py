"""The commit left the dependency and arrived nowhere."""


def open_case(units, case_id, title):
    case = Case(case_id, title)
    with units.write() as unit:
        unit.cases.add(case)
    return case
