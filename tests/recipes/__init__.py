"""Recipes: small whole programs for common work, each run as a test against the simulator."""
