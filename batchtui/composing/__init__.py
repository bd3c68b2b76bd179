"""Requests from tables."""
