"""A batch and its results.

Modules:

    batch_facts     the facts of a batch in columns
    batch_screen    one batch and its results
    browser         look through results by outcome, text and kind of failure
    charts/         what results look like together
    failure_list    failures by kind
    grid            the list of results
    header          whose answer it is and what became of it
    history_screen  every attempt of one request
    notice_band     what is saved, and until when the rest can be had
    preview         the answer under the cursor, beside the list
    result_screen   one result with its request
    review/         the review of answers by a person, one at a time
    selection       which results are shown
    side_by_side    a request and its answer side by side
    source          what results are browsed from: a batch, or a job
"""
