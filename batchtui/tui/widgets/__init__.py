"""Widgets that several screens use.

Modules:

    document_pane   one document as text, Markdown or tree
    facet_bar       a line of choices with their numbers
    filter_bar      the line where a filter is typed
    form            fields with all their choices in sight, and a button
    grid/           the one list widget of the program
    json_tree_view  JSON as a tree that opens and closes
    lines_view      a few lines, of which only changed ones are repainted
    message_line    the latest message, and a log of all
    rule            a thin line across
    safe_input      an input line
    text_view       wrapped text to read
"""
