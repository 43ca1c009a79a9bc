"""One more key does no harm."""


def write_details(details):
    return json.dumps({"form": FORM, **details}, sort_keys=True)


def read_details(text):
    payload = json.loads(text)
    if payload.get("form", FORM) != FORM:
        raise ValueError("unknown form")
    return payload
