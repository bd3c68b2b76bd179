"""The use cases. Only this package knows both the gateway and the registry.

Modules:

    batches/        use cases about chosen batches: find, cancel, delete, label, prune, sync
    commit_watcher  notice commits to the registry, by this process or another one
    compose/        use cases of composing: from data and a template to a file or a submission
    estimates/      what requests will cost before they are sent
    insights/       what somebody should know: warnings, forecasts, what changed, and whether all is well
    models          list the models that can be used, as the API named them or built in
    notifications/  tell people and programs what happened, once
    polling/        keep the registry up to date with the API: once, in the background, or until something has ended
    results/        use cases about results: collect, read, export, compare
    retry/          send again exactly what has not succeeded, and continue conversations
    reuse/          reused answers become results of the job that reuses them
    spending/       what was spent, and limits on what may be
    submission/     from request files to batches at the API, each sent exactly once
    tables/         use cases about saved results as data: a table of them, for compose and for SQL
    workspace       open everything a use case needs: registry, gateway, settings, clock
"""
