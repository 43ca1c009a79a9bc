"""What keeps us from a PostgreSQL server. Never blames without a remedy."""


class PostgresUnavailableError(Exception):
    """There is no PostgreSQL server to work with; the message says why and what helps."""

    def __init__(self, reason: str, *, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{reason}; {remedy}")
