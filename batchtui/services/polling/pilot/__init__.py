"""What a pilot came to, and whether the rest of its job follows.

Modules:

    decision  send the rest where a person says so, or by itself where it costs less than was said
    report    what the pilot of a job has cost, and what the rest will
"""
