"""The command takes the Session out of the unit and stores a record."""

from case_tracker.adapters.sql.mapping import to_record


def open_command(units, case_id, title):
    case = Case(CaseId(case_id), title)
    with units.write() as unit:
        unit.session.add(to_record(case))
        unit.commit()
    return _line(case)
