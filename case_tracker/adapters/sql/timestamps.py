"""When a row was written. The one place where these columns get their values."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from case_tracker.domain.clock import utc_now


class Timestamped:
    """Mixin: `created_at` and `updated_at`, aware, in UTC, set at flush."""

    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
