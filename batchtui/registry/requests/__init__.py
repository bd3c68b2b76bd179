"""The requests that were or will be sent, as files: a body for each part, and an index over them.

Modules:

    body_writer    write the bodies of an attempt to the disk and hash them, on a thread of its own
    direct_file    write and read large files past the page cache
    index_rebuild  build a missing or damaged index again from the bodies
    part_ranges    say where in the input the requests of each part are
    pilot          move a random sample of requests into a part of its own, which goes first
    reused         split requests into those that are sent and those whose answers are copied
    row_groups     gather rows by a value on the disk, for tables of any length
    source_rows    keep the rows that a job's requests were composed from, and the jobs whose results these were
    store          keep the requests of each job in a folder: for sending, retrying and joining with results
    writer         write the requests of one attempt aside: bodies exactly as they will be sent, and an index over them
"""
