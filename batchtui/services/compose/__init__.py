"""Use cases of composing: from data and a template to a file or a submission.

Modules:

    compose          compose data and a template into a file of checked requests
    composition      read the template and open the table that options name, and render rows of them
    draft            what a person has entered in the compose form so far, kept between runs
    draft_preview    open a draft's table and render its rows while the draft is being edited
    example          provide an example table and draft for a first look at compose
    judging/         plan a judge job, and read its verdict
    options          everything a person may say about composing, on the command line or in the form
    row_browser      read rows of a table by number, no further than somebody has looked
    template_choice  find, change, save and list templates as the options say
    trial            send one row to the real-time API and read the answer at once
"""
