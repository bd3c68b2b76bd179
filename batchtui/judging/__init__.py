"""Rubrics are read, requests for a judge are written, and its answers are read.

Modules:

    replies   read what a judge has answered
    requests  write the requests for a judge
    rubric    read a rubric from TOML, Markdown or plain text
"""
