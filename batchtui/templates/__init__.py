"""Templates for requests: readable files with gaps, ours and the user's, and how a request is shaped from one.

    template = find_template("classify_bulk", folder)
    shaper = Shaper(template, model="claude-sonnet-5-5")
    shaper.params({"input_data": "…"})      # what a request asks for

A task file and a table take the same way. Nothing in here reads data or knows what the API accepts.
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
