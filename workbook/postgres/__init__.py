"""A real PostgreSQL for tests and notebooks, gone when the block ends. Never touches your own data.

Take what you need from `workbook.postgres.server`.
"""
