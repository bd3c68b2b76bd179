"""The registry's file: connections and transactions, its schema, its copies, and how values become columns.

Modules:

    backup         copy the registry once a day, and rebuild a damaged one from the copy and what is left of it
    codecs         convert values to SQLite columns and back: times as text that sorts, lists as JSON, money as text
    connection     the connections to the registry's file: one that writes, one that reads, and transactions
    data_version   tell whether anything was committed to the registry's file since the last look
    migrations     create the registry's schema in ordered steps, each recorded in the transaction that runs it
    open_lock      tell whether any process has the registry open, for a repair
    origin         tell whether this registry is a copy, or an older one that was restored
    row_mapping    turn rows of the registry into domain objects
    storage_hints  say what to do about an error of SQLite or of the disk
"""
