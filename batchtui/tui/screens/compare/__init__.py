"""The comparison of two batches or jobs.

Modules:

    batch_picker  choose what a batch is compared with
    columns       the columns of the list of pairs
    diff          two texts and where they differ
    headers       both sides of a comparison in figures
    judge         judge chosen jobs, or show the verdict of a judge job
    open          open a comparison
    pair_screen   two answers to one request
    screen        the list of pairs
    verdicts      show in a comparison what a judge said of each pair
"""
