"""Whatever comes from outside is bound."""


def order_by(sort):
    if sort not in ORDERS:
        raise InvalidValueError("sort", sort, "is not offered")
    return f"ORDER BY '{sort}'"
