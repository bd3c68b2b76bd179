"""The one list widget of the program.

Modules:

    cache     the latest rows by key
    grid      the list: move, mark, sort
    rows      fetch and paint the rows in sight
    viewport  which rows are in sight, and where the cursor is
"""
