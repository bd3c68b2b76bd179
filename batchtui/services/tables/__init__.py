"""Use cases about saved results as data: a table of them, for compose and for SQL.

Modules:

    grouped_table  make one row a group of another table's rows, bounded by tokens
    result_rows    read saved results row by row with everything that is known of them
    result_source  find the saved results that `results:NAME` means
    results_table  the table that `results:NAME` is, wherever data is named
"""
