"""Commands about batchtui itself: its dashboard, manual, settings, files and journal.

Modules:

    completion  print the shell completion script
    config      show the settings and what they mean
    dashboard   open the dashboard, or list batches where there is no terminal
    demo        show batchtui at work on a simulator
    doctor      examine versions, paths, credentials and the API
    help        show the manual: a topic, a command or an error code
    keys        show the keys of the dashboard
    log         show the journal
    prune       remove files that are safe to remove
    simulate    serve the simulator for any client
"""
