"""Keep the registry up to date with the API: once, in the background, or until something has ended.

Modules:

    collector    fetch the results of ended batches in the background, and never give up on one
    maintenance  one round: recover, refresh, reconcile, send what waits, update the model list
    pilot/       what a pilot came to, and whether the rest of its job follows
    poller       run maintenance in the background at an adaptive interval, in one of all open processes
    refresh      ask the API how running batches stand, in as few calls as possible
    wait         wait for the end of a batch or a whole job
    watch        do what the dashboard does in the background without a screen, as a stream of events
"""
