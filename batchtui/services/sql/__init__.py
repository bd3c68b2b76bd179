"""Use cases about questions in SQL over saved results.

Modules:

    query          run a SELECT over the saved results and requests of any jobs
    saved_queries  keep queries under names, as files of the user
"""
