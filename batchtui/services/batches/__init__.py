"""Use cases about chosen batches: find, cancel, delete, label, prune, sync.

Modules:

    adopt    find what a person names; a full id that is not known is imported from the API
    cancel   plan and carry out cancellations, each checked by reading the batch back
    delete   plan and carry out deletions: at the API where a batch has ended, otherwise only the row here
    labels   name, tag and annotate jobs
    prune    plan and carry out the removal of files that are safe to remove
    sync     compare the registry with the API's workspace and adopt batches made elsewhere
    targets  find a batch or job by what a person typed: an id or its beginning, a name, `@last`
"""
