"""The commit stands in the with block, before the case is added."""


def open_case(units, case_id, title, *, reference=None):
    case = Case(case_id, title, reference=reference)
    with units.write() as unit:
        unit.commit()
        unit.cases.add(case)
    return case
