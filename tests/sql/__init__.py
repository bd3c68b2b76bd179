"""DuckDB, and what a query may reach through it."""
