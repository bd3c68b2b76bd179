"""The manual: a page of Markdown for each topic, found by name and written as plain text.

Modules:

    pages       find a page, and a section of one, by topic, command or error code
    plain_text  write a page of Markdown as plain text that fits the terminal
"""
