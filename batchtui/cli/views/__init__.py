"""What commands print, as text and as JSON.

Modules:

    batches         show batches and jobs: as rows of a table, or in detail
    canary          show and run a canary
    check_report    show what checking found: problems, shapes, parts
    comparison      show a comparison, as text or JSON
    composition     show a composition: the data found, rows as they would be sent, the result
    json_documents  build the JSON documents that scripts rely on, each in one place
    man_page        write commands as man pages
    pilot           show what a pilot came to
    review          print what is marked in a review, and how far reviewers agree
    spending        show spending, as a table, CSV or JSON
    sql_rows        print the rows of a query: as a table, CSV or JSON
    target          show one batch, or a job with its batches
    verdict         what a judge job found out
"""
