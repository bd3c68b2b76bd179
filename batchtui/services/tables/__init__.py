"""Use cases about saved results as data: a table of them, for compose and for SQL.

Modules:

    grouped_table  make one row a group of another table's rows, bounded by tokens
    query          run a SELECT over the saved results and requests of any jobs
    result_rows    read saved results row by row with everything that is known of them
    result_source  find the saved results that `results:NAME` means
    results_table  the table that `results:NAME` is, wherever data is named
    saved_queries  keep queries under names, as files of the user
"""
