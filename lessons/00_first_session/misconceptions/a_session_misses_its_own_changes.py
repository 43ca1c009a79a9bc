"""What is not committed is taken for invisible, even for its own Session."""

FOUND_BEFORE_COMMIT = {"the same Session": 0, "another Session": 0}
