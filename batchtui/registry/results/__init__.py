"""Saved results, as files: the bytes as they came, and an index over them.

Modules:

    annotations      read columns beside results from a table of the registry, for threads
    download         take the results of one batch to the disk as they come
    index            build the index over a file of results in one pass and with bounded memory
    index_worker     build an index in a process of its own, while results arrive
    invalid_answers  find answers that should be JSON and are not, by their stored requests
    job_results      browse the results of all batches of a job as one list
    marks            store what reviewers say of answers; marks as columns beside results
    merge            read several batches as one set: of all attempts the result that counts
    pairs            join two sets of results by custom_id, with a few bytes of memory a pair
    reader           read saved results by page, outcome, custom_id or text
    score_columns    read the scores of a job, a column for each criterion
    search           search the text of answers in a file of results
    search_worker    search a large file with two processes, one for each half
    store            store results as files: the bytes exactly as they came, with an index beside them
    summary          what one set of results adds up to; stored at the end of its index
"""
