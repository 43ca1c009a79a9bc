"""Self-check: questions about real code, whose answers were obtained by running it."""
