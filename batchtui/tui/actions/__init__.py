"""Actions on batches that several screens share.

Modules:

    flows          cancel, delete and copy ids: plan, ask, apply, report
    label_actions  the keys that name, tag and annotate
"""
