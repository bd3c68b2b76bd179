"""The review of answers by a person, one at a time.

Modules:

    fields      a structured answer as fields, a line each
    mark_lines  what is marked of an answer: verdict, labels with their digits, note, other reviewers
    open        how the review is opened: from a list of results, or for a job
    queues      the dialog that chooses which results are reviewed
    screen      the screen: one answer, and keys that mark it
"""
