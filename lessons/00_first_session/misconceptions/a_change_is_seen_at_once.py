"""A tracked change is taken for a stored one."""

SEEN_AFTER_RENAME = {"before commit": 1, "after commit": 1}
