"""Nobody called add(), so nothing is expected to be stored."""

SEEN_AFTER_RENAME = {"before commit": 0, "after commit": 0}
