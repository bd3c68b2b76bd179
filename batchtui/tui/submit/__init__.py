"""Submitting files.

Modules:

    flows     choose a file, ask, send
    question  a planned submission as a question
"""
