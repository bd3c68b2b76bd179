"""The tables of jobs: jobs with their parts, labels, lineage and conversations, and what was expected of them.

Modules:

    conversation_limits  store how far the conversations of a job may go
    estimate_history     store what was expected of a batch when it was planned, and read what came of it
    jobs                 store jobs: each is planned whole with all its parts, or not at all
    judges               how judge jobs were made, what they answered, and the scores that this gives
    labels               store names, tags and notes of jobs, and list the ones in use
    lineage              store which job was made from which
    lineage_ids          store which custom_ids of a parent a job's custom_ids stand for, where they differ
    tool_calls           store which calls of tools were begun and what they answered, so that each is run once
"""
