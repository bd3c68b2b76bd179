"""DuckDB: connections, and saved results and requests as its views. Only this package knows DuckDB.

Modules:

    connection  open DuckDB for one purpose, let one SELECT through, and say its errors in a sentence
    results_db  saved results and requests as read-only views, for queries that see no file and no network
"""
