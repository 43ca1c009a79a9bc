"""The driver must not begin; who does is left open."""


def _on_connect(connection, _record):
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _on_begin(connection):
    _mode(connection)
