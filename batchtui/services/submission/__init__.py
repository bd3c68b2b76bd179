"""From request files to batches at the API, each sent exactly once.

Modules:

    cache_priming  send one request first, so that the rest reads its cache
    canary         send one request of each shape in real time
    check          check input and send nothing
    convert        make a file of requests of a file made for another API
    dispatch       send the planned parts of a job in order
    duplicates     refuse requests that were submitted before
    proof          prove or refute by its results that a batch is a part's
    queue_room     how many requests may wait at the API
    reconcile      find out at the API what became of lost sends; never send
    resume         finish what a crash, a full queue or a lost answer left open
    send           send one part exactly once: commit the intent, then the bytes
    staging/       check requests and lay them aside before anything is sent, in a worker process where there are many
    submit         plan a submission, and carry it out
    token_sample   have the API count a few staged requests
    verdict        judge one part from its sends and a look at the API
"""
