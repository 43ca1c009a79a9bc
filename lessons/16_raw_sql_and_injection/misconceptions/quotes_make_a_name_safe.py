"""In double quotes it is a name, whatever it says."""


def order_by(sort):
    name = sort.replace('"', '""')
    return ORDERS.get(sort, f'ORDER BY "{name}"')
