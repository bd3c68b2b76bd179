"""Saved results as data, and questions about them."""
