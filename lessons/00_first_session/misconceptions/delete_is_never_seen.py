"""A marked case is taken for one that stays."""

SEEN_AFTER_DELETE = {"before commit": 1, "after commit": 1}
