"""Commands about results: save them, compare them, retry what failed.

Modules:

    compare  compare the answers of two batches or jobs
    results  save or print results
    retry    send again what has not succeeded
"""
