"""The compose screen.

Modules:

    data_grid      the rows of the table
    draft_rows     the parts of the draft as rows
    draft_session  keep the draft and check it at each change
    edit_flows     change a part of the draft
    flows          write, save, send or try the draft
    open           open the compose screen
    preview        the request of one row
    prompt_editor  the editor for prompts
    screen         the compose screen
    summary        how many requests, problems, tokens, and the cost
    trial_screen   one row that was tried
"""
