"""Commands about results: save them, compare them, retry what failed, continue conversations.

Modules:

    compare       compare the answers of two batches or jobs
    continue_job  send conversations on that are not finished
    results       save or print results
    retry         send again what has not succeeded
"""
