"""Tables of text with delimiters: CSV, TSV and what looks like them.

Modules:

    cell_types  tell numbers, dates and addresses from text
    dialect     detect delimiter and header, and split rows
    header      judge whether the first row names the columns
    rows        read the rows of a table of text, and leave out what is no data
    table       tables of text with delimiters: CSV, TSV
"""
