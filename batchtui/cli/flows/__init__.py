"""What several commands do in the same way: show a plan, ask, apply, report.

Modules:

    batch_actions  carry out an action on chosen batches: show the plan, ask, report each outcome
    save_results   wait for the end and save the results: shared by `wait`, `results` and `submit --wait`
    send_progress  report progress while requests are sent
    wait           wait for a batch or a job with a progress line
"""
