"""One more key does no harm."""


def write_details(details):
    return json.dumps({"form": FORM, **details}, sort_keys=True)


def read_details(stored):
    payload = json.loads(stored)
    if payload.get("form", FORM) != FORM:
        raise ValueError("unknown form")
    return payload
