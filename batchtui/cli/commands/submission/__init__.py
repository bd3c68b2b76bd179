"""Commands about requests: make, check and send them, and finish an interrupted sending.

Modules:

    check    check request files; send nothing
    compose  make requests from a template and a table
    convert  make requests of lines made for other APIs
    resume   finish what a crash, a full queue or a lost answer left open
    submit   check, plan, ask and send request files
"""
