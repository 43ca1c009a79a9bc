"""A name of the table cannot be an attack."""

from case_tracker.adapters.sql.tables import CASES


def order_by(sort):
    if sort in ORDERS:
        return ORDERS[sort]
    if sort not in CASES.c:
        raise InvalidValueError("sort", sort, "is no column")
    return f"ORDER BY cases.{sort}, cases.id"
