"""Where the command line writes: facts to stdout, everything else to stderr, faults to a log file.

Modules:

    log_file  write the log file: what went wrong and why
    stderr    write progress, remarks, questions and errors to stderr; nothing else writes there
    stdout    write facts to stdout, as lines or as one JSON document; nothing else writes there
"""
