"""A batch and its results.

Modules:

    batch_facts    the facts of a batch in columns
    batch_screen   one batch and its results
    browser        look through results by outcome, text and kind of failure
    failure_list   failures by kind
    grid           the list of results
    header         whose answer it is and what became of it
    notice_band    what is saved, and until when the rest can be had
    result_screen  one result with its request
    selection      which results are shown
    side_by_side   a request and its answer side by side
"""
