"""How things are said, in the terminal and in a pipe alike.

Modules:

    batch_json         describe a batch as JSON, in the one shape that scripts, hooks and webhooks are given
    batch_names        name a batch: short for a list, longer in a sentence, with its id
    charts             lay out bars and histograms in character cells
    durations          write durations and times of day
    estimates          write an estimate as a range, with what it rests on
    events             write a journal entry as a sentence
    filter_completion  complete a filter while it is typed: fields, and values that occur
    filter_language    parse filters such as `evals status:ended !tag:old errored:>0 age:<2d` into terms
    forecasts          write a forecast with what it is judged by
    formula_guard      keep spreadsheets from running a cell
    glyphs             the sign and the word of every state and outcome, in Unicode and in ASCII
    known_requests     write which requests are answered already, and what only the others cost
    money              write US dollars; an unknown amount is never written as $0
    notices            write a notice: heading, sentence, and the JSON that hooks get
    numbers            write numbers, amounts and sizes
    osc                make terminal sequences for the bell and desktop notifications, also inside tmux and screen
    outcome_words      write what became of the requests of a batch
    progress           draw a progress bar and write rate and remaining time
    safe               make text from outside safe to print on a terminal
    tables             lay out a plain-text table that fits the terminal
    verdicts           what a verdict on an open part means, and what to do about it
    widths             measure, cut and pad text in terminal columns
"""
