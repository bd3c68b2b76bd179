"""What became of requests: outcomes, tokens, statistics, and how answers differ.

Modules:

    agreement      how far two reviewers agree, beyond chance
    annotation     a column beside results that is no part of the answer
    comparison     how two answers to the same request differ
    judgment       what a judge is asked, and what it said
    mark           what a reviewer says of one answer, and the rules of labels
    result         what became of one request: its outcome, and what the index of results knows of it
    statistics     what a set of results looks like as a whole: outcomes, lengths, costs and values
    usage          the tokens that one result used, by category
    verdict_group  the verdict of a judge on all items, or on a part of them
    win_rate       who wins of two that were compared in both orders, how surely, and how much the position counts
"""
