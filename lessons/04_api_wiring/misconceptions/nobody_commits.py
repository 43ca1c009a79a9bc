"""The commit left the dependency and arrived nowhere."""


def open_case(units, case_id, title, *, reference=None):
    case = Case(case_id, title, reference=reference)
    with units.write() as unit:
        unit.cases.add(case)
    return case
