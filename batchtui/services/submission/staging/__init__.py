"""Check requests and lay them aside before anything is sent, in a worker process where there are many.

Modules:

    check_pass   one pass over the input: check, cut, store, weigh
    known        say which of checked requests are answered already, and what only the others cost
    messages     what the two processes say to each other, as JSON lines
    pilot        plan a random sample that goes first, the others held until it has ended
    reuse        plan which of checked requests are sent, and which reuse an answer
    stage        check requests and lay them aside, in a worker where it pays
    worker       the parent's side of the worker process
    worker_main  the worker's side
"""
