"""What the simulated models answer, and how many tokens it counts for.

Modules:

    conversation   how a conversation of several turns goes
    judge          answer as a judge that compares two answers
    messages       what the simulated models say
    schema_values  values that fit a JSON schema
    usage          token counts that add up
"""
