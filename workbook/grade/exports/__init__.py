"""Results in the forms that other programs read. Never changes a result."""
