"""The table of batches: how it is queried, and every change to it.

Modules:

    changes       write to batches what the API says of them and what was fetched, each change in one transaction
    foreign_rows  merge a row made elsewhere into the part that it turns out to be
    queries       read batches: by query, by page, as counts, and what changed since a revision
    query_sql     translate a `BatchQuery` to SQL: WHERE and ORDER BY over `batches AS b` and `jobs AS j`
    transitions   change the state of a batch: check, update the row, write the journal and the notice
"""
