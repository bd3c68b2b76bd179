"""What batchtui remembers: one SQLite file, and the files beside it. Only this package knows SQLite.

Modules:

    backup            copy the registry once a day, and rebuild a damaged one from the copy and what is left of it
    batch_queries     read batches: by query, by page, as counts, and what changed since a revision
    batches           write to batches what the API says of them and what was fetched, each change in one transaction
    codecs            convert values to SQLite columns and back: times as text that sorts, lists as JSON, money as text
    data_version      tell whether anything was committed to the registry's file since the last look
    database          the connections to the registry's file: one that writes, one that reads, and transactions
    estimate_history  store what was expected of a batch when it was planned, and read what came of it
    foreign_rows      merge a row made elsewhere into the part that it turns out to be
    jobs              store jobs: each is planned whole with all its parts, or not at all
    journal           record every action of batchtui and every call to the API, in order
    key_value         remember single values between runs, such as when the API was last asked
    labels            store names, tags and notes of jobs, and list the ones in use
    leases            let several processes agree, through the registry alone, on which one does something
    migrations        create the registry's schema in ordered steps, each recorded in the transaction that runs it
    notices           store notices, and let one process claim each of them for each channel
    origin            tell whether this registry is a copy, or an older one that was restored
    original_ids      store the original ids of rows whose custom_ids compose had to change
    orphans           find and remove files of requests and results that nothing refers to any more
    query_sql         translate a `BatchQuery` to SQL: WHERE and ORDER BY over `batches AS b` and `jobs AS j`
    registry          the registry as one object: everything that batchtui remembers, opened and closed together
    requests/         the requests that were or will be sent, as files: a body for each part, and an index over them
    results/          saved results, as files: the bytes as they came, and an index over them
    row_mapping       turn rows of the registry into domain objects
    sends             record who sends a part and what is known of its fate, each step in one transaction
    spending          store what batches used and cost, by model, once per batch
    storage_hints     say what to do about an error of SQLite or of the disk
    transitions       change the state of a batch: check, update the row, write the journal and the notice
"""
