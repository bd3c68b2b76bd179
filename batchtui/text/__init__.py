"""How things are said, in the terminal and in a pipe alike.

Modules:

    batch_json     describe a batch as JSON, in the one shape that scripts, hooks and webhooks are given
    durations      write durations and times of day
    filters/       the language in which batches are filtered, and its completion
    formula_guard  keep spreadsheets from running a cell
    glyphs         the sign and the word of every state and outcome, in Unicode and in ASCII
    layout/        lay text out in character cells: widths, tables, bars
    money          write US dollars; an unknown amount is never written as $0
    numbers        write numbers, amounts and sizes
    osc            make terminal sequences for the bell and desktop notifications, also inside tmux and screen
    safe           make text from outside safe to print on a terminal
    sentences/     sentences about batches, estimates and events, as people read them
"""
