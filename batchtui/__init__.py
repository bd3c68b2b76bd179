"""batchtui: the terminal control room for Claude's Message Batches API."""

__version__ = "0.1.0"
