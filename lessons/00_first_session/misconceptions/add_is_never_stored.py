"""Nothing but an INSERT is taken for storing, and there was none."""

SEEN_AFTER_ADD = {"before commit": 0, "after commit": 0}
