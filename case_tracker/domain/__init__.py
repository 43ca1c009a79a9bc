"""Cases, notes and their rules, as plain Python. Imports nothing but the standard library."""
