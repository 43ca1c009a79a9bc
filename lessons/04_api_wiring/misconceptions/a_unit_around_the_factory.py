"""The factory is handed over, and the unit from before is still opened around it."""


def units_of(request: Request):
    with request.app.state.units.write():
        yield request.app.state.units
