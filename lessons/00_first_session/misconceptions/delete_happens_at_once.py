"""delete() is taken for a DELETE that everybody sees."""

SEEN_AFTER_DELETE = {"before commit": 0, "after commit": 0}
