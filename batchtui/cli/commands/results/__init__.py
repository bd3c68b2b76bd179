"""Commands about results: save them, compare them, retry what failed, continue conversations.

Modules:

    compare       compare the answers of two batches or jobs
    continue_job  send conversations on that are not finished
    judge         have a model score the answers of a job, or compare those of two
    results       save or print results
    retry         send again what has not succeeded
    review        review answers by hand, exchange marks, write a gold set
    sql           ask a question in SQL over saved results
"""
