"""The list of batches, the first screen.

Modules:

    actions        the keys of the list that start a flow
    arranged_list  order, columns, folding and views of the list
    column_picker  choose the columns of the list
    detail         the detail pane
    empty_list     what an empty list says
    rows           the rows of the list, by batch or by job
    screen         the list of batches
    sort_picker    choose what the list is sorted by
    view_state     sort, filter and columns, kept between runs
    views          saved views of the list
"""
