"""What is not in the list gets the first order."""


def order_by(sort):
    return ORDERS.get(sort, ORDERS["id"])
