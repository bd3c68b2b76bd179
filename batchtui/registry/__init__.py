"""Memory: the one room with SQLite, and the files that stand beside it."""
