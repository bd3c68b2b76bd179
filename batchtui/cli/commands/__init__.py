"""The commands of the command line: options, one call of a flow or a service, and what is printed.

Modules:

    cancel      cancel running batches
    check       check request files; send nothing
    compare     compare the answers of two batches or jobs
    completion  print the shell completion script
    compose     make requests from a template and a table
    config      show the settings and what they mean
    convert     make requests of lines made for other APIs
    cost        show what was spent, or calculate what requests would cost
    dashboard   open the dashboard, or list batches where there is no terminal
    delete      delete ended batches
    demo        show batchtui at work on a simulator
    doctor      examine versions, paths, credentials and the API
    estimate    estimate what request files would cost
    help        show the manual: a topic, a command or an error code
    keys        show the keys of the dashboard
    label       name, tag and annotate jobs
    list        list batches, newest first
    log         show the journal
    models      list models, with limits, prices and lifetimes
    prune       remove files that are safe to remove
    results     save or print results
    resume      finish what a crash, a full queue or a lost answer left open
    retry       send again what has not succeeded
    simulate    serve the simulator for any client
    status      show how a batch or a job stands
    submit      check, plan, ask and send request files
    sync        adopt batches that were made elsewhere
    wait        wait for the end, then save the results
    watch       refresh, collect and notify without a screen
"""
