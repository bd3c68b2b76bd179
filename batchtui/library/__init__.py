"""The public Python API: the use cases of the command line and the dashboard for programs.

Modules:

    arguments  read the arguments of the public API, and refuse what cannot be meant
    blocking   the workspace for programs without an event loop: each call blocks until it is done
    opening    open a workspace, with `async with` or plain `with`
    options    the keyword arguments of the public API, as typed dictionaries
    result     one result as a program sees it, with its request
    sources    read what a program submits: files, folders or any iterable of requests
    tasks      tasks and their results, in the shape of the API guide's own helpers
    workspace  the public Python API: submit, wait, read, retry, cancel, export, cost
"""
