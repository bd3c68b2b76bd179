"""What somebody should know: warnings, forecasts, what changed, and whether all is well.

Modules:

    doctor      examine versions, paths, credentials, the API, clocks and stored files
    forecast    forecast when running batches may end, from the registry's own history
    last_visit  tell what happened since a dashboard was last open
    repair      rebuild a damaged registry, which cannot be opened as a workspace
    warnings    list what somebody should know before it costs them something, each with what to do
"""
