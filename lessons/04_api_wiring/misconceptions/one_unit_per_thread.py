"""Each thread keeps a unit and uses it again and again."""

import threading


class PerThread(threading.local):
    def __init__(self, units):
        self.unit = units.write()

    def read(self):
        return self.unit

    def write(self):
        return self.unit


def connect(app, units):
    app.state.units = PerThread(units)
