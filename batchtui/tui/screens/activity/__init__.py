"""The activity screen: the journal.

Modules:

    entry_box  one journal entry in full
    rows       the rows of the journal, repeats folded
    screen     the journal, newest first
"""
