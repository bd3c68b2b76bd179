"""Lay text out in character cells: widths, tables, bars.

Modules:

    charts    lay out bars and histograms in character cells
    progress  draw a progress bar and write rate and remaining time
    tables    lay out a plain-text table that fits the terminal
    widths    measure, cut and pad text in terminal columns
"""
