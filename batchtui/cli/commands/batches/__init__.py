"""Commands about batches that were sent: find them, wait for them, name them, end them.

Modules:

    cancel  cancel running batches
    delete  delete ended batches
    label   name, tag and annotate jobs
    list    list batches, newest first
    status  show how a batch or a job stands
    sync    adopt batches that were made elsewhere
    wait    wait for the end, then save the results
    watch   refresh, collect and notify without a screen
"""
