"""Reused answers become results of the job that reuses them.

Modules:

    fill  copy the answers that a part reuses into results of its own
"""
