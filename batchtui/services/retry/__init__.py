"""Send again exactly what has not succeeded, and continue conversations.

Modules:

    conversations/  continue conversations: paused and truncated answers and calls of tools
    next_attempt    commit staged requests as the next attempt of their job, and send them
    preconditions   refuse a retry where requests are not kept, results are missing or words name nothing
    requests        read the requests that are sent again, with another model or max_tokens where wanted
    retry           plan exactly which requests go out again, and send them as the next attempt of the job
    unresolved      find what of a job has not succeeded, over all its parts and attempts
"""
