"""The subcommands. Each one prints; what it knows comes from elsewhere."""
