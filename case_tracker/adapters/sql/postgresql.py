"""PostgreSQL, done right. Never changes how another database is used.

Without this, instants come back in the server's zone, a statement waits for a lock for ever, and
two SELECTs of one reading unit can see two states.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from sqlalchemy import Dialect, Engine, create_engine, event

from case_tracker.domain.errors import InvalidValueError


@dataclass(frozen=True)
class PostgresqlSettings:
    """How long to wait, in seconds, and how many connections one process may hold.

    0 is refused where it would mean "no limit".
    """

    application_name: str = "case_tracker"
    connect_timeout_s: int = 5
    lock_timeout_s: float = 5
    statement_timeout_s: float = 30
    idle_in_transaction_timeout_s: float = 60
    # All processes together stay below the server's max_connections: 100 by default.
    pool_size: int = 5
    max_overflow: int = 5
    pool_timeout_s: float = 5
    pool_recycle_s: int = 1800

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, str):
                continue
            may_be_0 = name == "max_overflow"
            if not isfinite(value) or value < 0 or (value == 0 and not may_be_0):
                rule = "is 0 or more" if may_be_0 else "is more than 0"
                raise InvalidValueError(name, value, rule)
        if self.lock_timeout_s >= self.statement_timeout_s:
            rule = f"is less than statement_timeout_s, {self.statement_timeout_s}"
            raise InvalidValueError("lock_timeout_s", self.lock_timeout_s, rule)


DEFAULTS = PostgresqlSettings()


def build_postgresql_engine(url: str, settings: PostgresqlSettings = DEFAULTS) -> Engine:
    """Return a prepared engine with a pool of this size. Connects to nothing yet."""
    engine = create_engine(url, **pool_options(settings))
    prepare_postgresql(engine, settings)
    return engine


def pool_options(settings: PostgresqlSettings = DEFAULTS) -> dict[str, Any]:
    """Return what `create_engine` has to know about the pool."""
    return {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout_s,
        "pool_recycle": settings.pool_recycle_s,
        "pool_pre_ping": True,  # a restart of the server costs no request
        "pool_use_lifo": True,  # what is not needed stays idle, and gets recycled
    }


def prepare_postgresql(engine: Engine, settings: PostgresqlSettings = DEFAULTS) -> None:
    """Give every new connection of the engine UTC, a name and limits to its patience.

    What the URL says in `options` or `application_name` wins.
    """
    event.listen(engine, "do_connect", _connecting_with(settings))
    event.listen(engine, "do_connect", _connect)


def session_settings(settings: PostgresqlSettings = DEFAULTS) -> Mapping[str, str]:
    """Return the settings of a session, as PostgreSQL names them; times are in milliseconds."""
    return {
        "timezone": "UTC",
        "lock_timeout": _milliseconds(settings.lock_timeout_s),
        "statement_timeout": _milliseconds(settings.statement_timeout_s),
        "idle_in_transaction_session_timeout": _milliseconds(
            settings.idle_in_transaction_timeout_s
        ),
    }


def reading(engine: Engine) -> Engine:
    """Return the same engine for reading: a transaction sees one state and can change nothing."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _connecting_with(settings: PostgresqlSettings) -> Callable[..., None]:
    ours = " ".join(f"-c {name}={value}" for name, value in session_settings(settings).items())

    def on_connect(
        _dialect: Dialect, _record: Any, _arguments: Any, options: dict[str, Any]
    ) -> None:
        options.setdefault("application_name", settings.application_name)
        options.setdefault("connect_timeout", settings.connect_timeout_s)
        options["options"] = f"{ours} {options.get('options', '')}".strip()  # the last one wins

    return on_connect


def _connect(dialect: Dialect, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Connect; say of each failure whose fault it is: that of the URL, or that of the network."""
    driver: Any = dialect.loaded_dbapi
    try:
        if dialect.driver == "asyncpg":
            _in_words_of_asyncpg(options)
        return dialect.connect(*arguments, **options)
    except OSError as error:  # a timeout is one, too: asyncpg lets them through as they are
        raise driver.OperationalError(str(error) or "timeout", error) from error
    except (TypeError, ValueError, driver.ProgrammingError, driver.InterfaceError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidValueError("database URL", reason, "has only what the driver knows") from None


def _in_words_of_asyncpg(options: dict[str, Any]) -> None:
    options["server_settings"] = {
        name: options.pop(name) for name in ("application_name", "options")
    }
    options["timeout"] = float(options.pop("connect_timeout"))
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000)))
