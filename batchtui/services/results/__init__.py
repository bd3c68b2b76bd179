"""Use cases about results: collect, read, export, compare.

Modules:

    annotations    read columns that are no part of an answer beside results, by custom_id
    attach         attach the requests of a batch that was made elsewhere
    collect        fetch results, verify them against the counts and index them; only then they count as saved
    compare        compare the answers of two batches or jobs that share custom_ids
    export         export results: read, merge over parts and attempts, write in the chosen format
    export_plan    plan what an export will write where
    fetch_retries  fetch results until they are saved or the time is up, waiting out passing faults
    history        read what became of one request in every attempt, and the results of a whole job
    lost_files     notice saved results whose file is gone or truncated, while the API still has them
    outcomes       count what saved results turned out to be, of batches saved by earlier versions
    read           read saved results one by one for a program
    review/        a person's review of answers
    salvage        find what can be exported of results that are not whole, and mark what is not a batch's own
    statistics     work out what results look like together: outcomes, lengths, costs, values
    table_export   write saved results as CSV or TSV, in two processes where there are many
"""
