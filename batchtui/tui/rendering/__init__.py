"""From values to lines of text with tones; no widget knows more than these.

Modules:

    answer           one answer as text
    batch_columns    how a batch looks, column by column
    batch_text       words for a batch's time, progress and facts
    columns          the columns of a grid, and which a width has room for
    hits             where a text stands in lines, to mark it
    json_tree        JSON as a tree of rows
    markdown         Markdown as lines, a screenful at a time
    markdown_tables  tables of Markdown
    outcome_bar      what became of requests, as one stacked bar
    painter          tones to colours
    plain            what there is to read, before it has a width
    request          one request as text, or with its answer as a conversation
    result_columns   how a result looks, column by column
    spans            text with a tone, cut to a width
    themes           dark, light, high contrast, sixteen colours
"""
