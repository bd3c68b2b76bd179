"""The hint that is shown above the footer.

Modules:

    guide  the one hint that is shown now
    line   the line that shows it
"""
