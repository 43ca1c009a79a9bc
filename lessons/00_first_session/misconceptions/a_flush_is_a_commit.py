"""What was sent is taken for what everybody sees."""

FOUND_BEFORE_COMMIT = {"the same Session": 1, "another Session": 1}
