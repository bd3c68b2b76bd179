"""From data and a template to checked requests: tables are read, ids made legal, requests shaped and checked.

    table = open_table("tickets.csv", TableOptions())
    composer = Composer(table, template, options)
    for block in composer.blocks():     # lists of CheckedRequest: the good ones, as they will be sent
        ...
    report = composer.report()          # the same as a check of a file of requests says

Everything streams: a million rows need no more memory than ten. Problems name the row.

Modules:

    answer_schema   the JSON schema of the answers, from a file or from names of fields
    binding         bind a template to the columns of a table
    column_names    names of columns: as a template calls them, and the closest ones
    composer        render a table row by row to checked requests
    custom_ids      make legal, unique custom_ids from whatever a column holds
    prompt_caching  how long a prefix must be to be cached at all
    tables/         tables to compose from: one module a kind, behind the interface of `base`
"""

from batchtui.compose.binding import ComposerOptions
from batchtui.compose.composer import Composer, RenderedRow
from batchtui.compose.tables.base import Doubt, Row, Table, TableOptions
from batchtui.compose.tables.open import open_query, open_table, open_tables, refuse_text_options

__all__ = [
    "Composer",
    "ComposerOptions",
    "Doubt",
    "RenderedRow",
    "Row",
    "Table",
    "TableOptions",
    "open_query",
    "open_table",
    "open_tables",
    "refuse_text_options",
]
