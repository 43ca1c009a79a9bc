"""add() is taken for an INSERT that everybody sees."""

SEEN_AFTER_ADD = {"before commit": 1, "after commit": 1}
