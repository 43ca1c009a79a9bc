"""A unit for reading and a unit for writing, made when the application starts."""

from types import SimpleNamespace


def connect(app, units):
    reading = units.read()
    writing = units.write()
    app.state.units = SimpleNamespace(read=lambda: reading, write=lambda: writing)
