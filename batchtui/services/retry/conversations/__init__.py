"""Continue conversations: paused and truncated answers and calls of tools go on in the next attempt of their job.

Modules:

    continue_job    plan the next turn of every conversation that is not finished, run its tools, and send it
    ended_turn      what a turn ended with, and what the API wants to be sent after it
    limits          how far the conversations of a job may go: turns, cost and age, kept with the job
    next_turn       send the next turn of a job's conversations, its tools run before
    next_turns      make the requests of the next turn from the stored ones and the saved results
    tool_runs       run the tools that were called, each call once, with a journal
    tools           the commands that stand for tools: `--tool NAME=COMMAND` and tools.toml
    unfinished      find the conversations of a job that are not finished
"""
