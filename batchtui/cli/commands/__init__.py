"""The commands of the command line: options, one call of a flow or a service, and what is printed.

Modules:

    batches/     commands about batches that were sent: find them, wait for them, name them, end them
    costs/       commands about money: what was spent, what requests would cost, what models cost
    program/     commands about batchtui itself: its dashboard, manual, settings, files and journal
    results/     commands about results: save them, compare them, retry what failed
    submission/  commands about requests: make, check and send them, and finish an interrupted sending
"""
