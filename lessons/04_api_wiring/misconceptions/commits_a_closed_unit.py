"""The commit comes after the with block, when the unit is closed."""


def open_case(units, case_id, title, *, reference=None):
    case = Case(case_id, title, reference=reference)
    unit = units.write()
    with unit:
        unit.cases.add(case)
    unit.commit()
    return case
