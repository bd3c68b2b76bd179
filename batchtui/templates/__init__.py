"""Templates for requests: readable files with placeholders, ours and the user's, and how a request is shaped from one.

    template = find_template("classify_bulk", folder)
    builder = RequestBuilder(template, model="claude-sonnet-5-5")
    builder.params({"input_data": "…"})      # what a request asks for

A task file and a table take the same way. Nothing in here reads data or knows what the API accepts.

Modules:

    bounded_jinja    Jinja that cannot produce text without end
    faults           what can be wrong with a template
    placeholders     A text with placeholders: parse it, list their names, fill them
    render_process   render templates in a process with limits
    render_values    encode the values of a row as JSON for that process
    request_builder  build the params of requests from a template and rows
    sandbox          the Jinja sandbox that templates are rendered in
    serialization    read and write templates as text: TOML between two lines of +++, then the prompt
    store            find templates by name, the user's before the built-in ones; every save is a new version
    syntax           the syntax tree of a template
    template         A template: everything about a request except the data
    values           how values of a row are written into a prompt
"""

from batchtui.templates.faults import InvalidTemplate
from batchtui.templates.placeholders import TemplateText
from batchtui.templates.request_builder import RequestBuilder
from batchtui.templates.serialization import parse_template, template_text
from batchtui.templates.store import DEFAULT, find_template, list_templates, save_template
from batchtui.templates.template import Template, Turn

__all__ = [
    "DEFAULT",
    "InvalidTemplate",
    "RequestBuilder",
    "Template",
    "TemplateText",
    "Turn",
    "find_template",
    "list_templates",
    "parse_template",
    "save_template",
    "template_text",
]
