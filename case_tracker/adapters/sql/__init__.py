"""The adapters that keep cases in a SQL database. Records never leave this package."""
