"""What batchtui remembers: one SQLite file, and the files beside it. Only this package knows SQLite.

Modules:

    batches/      the table of batches: queries, and every change to it
    database/     the file: connections, migrations, backup, codecs
    digests       find requests that were asked before, by what they ask
    jobs/         the tables of jobs: jobs with their parts, their labels, and what was expected of them
    journal       record every action of batchtui and every call to the API, in order
    key_value     remember single values between runs, such as when the API was last asked
    leases        let several processes agree, through the registry alone, on which one does something
    notices       store notices, and let one process claim each of them for each channel
    original_ids  store the original ids of rows whose custom_ids compose had to change
    orphans       find and remove files of requests and results that nothing refers to any more
    registry      the registry as one object: everything that batchtui remembers, opened and closed together
    requests/     the requests that were or will be sent, as files: a body for each part, and an index over them
    results/      saved results, as files: the bytes as they came, and an index over them
    sends/        what is known of the sends of parts, each step written in one transaction
    spending      store what batches used and cost, by model, once per batch
"""
