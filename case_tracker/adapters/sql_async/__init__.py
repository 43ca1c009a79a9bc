"""The SQL adapters, awaited: the same tables, units and use cases. Needs the extra `async`."""
