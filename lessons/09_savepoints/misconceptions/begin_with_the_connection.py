"""A new connection begins its transaction."""


def _on_connect(connection, _record):
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("BEGIN")


def _on_begin(connection):
    _mode(connection)
