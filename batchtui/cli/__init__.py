"""The command line: a group of commands, each in a module of its own.

Modules:

    command         make a click command of a function that takes the session and its own options
    commands/       the commands of the command line: options, one call of a flow or a service, and what is printed
    completion      complete batch ids and job names in the shell, from the registry alone
    confirm         ask a person for a yes
    demo/           `batchtui demo`: the real program on a simulator, with a guided tour
    event_loop      run a command's coroutine, which ctrl-c and signals cancel
    exit_codes      the exit codes that scripts rely on, and which error ends in which
    flows/          what several commands do in the same way: show a plan, ask, apply, report
    global_options  the options that every command takes
    main            the program: a click group that imports a command only when it is called
    options         option types and sets of options that several commands share
    output/         where the command line writes: facts to stdout, everything else to stderr, faults to a log file
    run             run the command line and turn every exception into a message (or JSON) and an exit code
    session         what a command works with: stdout, stderr, paths, the workspace
    views/          what commands print, as text and as JSON
"""
