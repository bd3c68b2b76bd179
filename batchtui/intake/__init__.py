"""Reading requests from files, checking them, planning the parts of a job.

    intake = Intake(["requests.jsonl"], CheckOptions(api_version=API_VERSION, today=date.today()))
    for block in intake.blocks():       # lists of CheckedRequest: the good ones, as they will be sent
        ...
    report = intake.report()            # shapes, models, problems

Memory stays the same however large the input is: uniqueness of custom_ids over a job is decided by the request store,
which tells `Intake.note_duplicates`. `PartCutter` says which part each request goes into.

The rules are data where they can be, and looked at where a request gives cause:

    schema, schema_blocks, schema_server_results   the form of a request, checked in C
    schema_errors, error_location                  what an error of the schema means to a person
    rules                                          which of the following a skeleton needs
    model_rules, model_table, models.toml          what each model takes, and how long it lives
    tool_rules, server_tools.toml                  tools, MCP servers, structured outputs
    json_schema_rules, plain_json_schema           JSON Schemas in tools and structured outputs
    turn_rules, media_rules                        turns, calls of tools, caching; images and documents
    rejected_keys                                  keys of other places and other services

What checks is loaded when it is first used: who only names options and reports need not wait for it.

Modules:

    checker                check records: fast where nothing is wrong, thoroughly where something is
    error_location         find the place in a request that a schema error speaks of
    foreign_lines          recognise lines made for other APIs, and results
    foreign_requests       make requests of lines made for other APIs
    intake                 one pass over the input: requests that may be sent, and a report
    json_array             split a JSON array that arrives in pieces
    json_schema_rules      check the JSON Schemas of tools and structured outputs
    media_rules            check images and documents: source, bytes, size
    model_rules            what each model accepts in a batch
    model_table            the built-in table of models
    parts                  cut a job into parts, by requests and by bytes
    plain_json_schema      recognise plain JSON Schemas quickly
    problems               collect problems: the same fault on many lines is one
    record_diagnosis       find out what is wrong with a record that did not parse
    record_reader          split an input into records, whatever its format
    rejected_keys          data: keys the API rejects, and what to use instead
    request_digest         hash what a request asks, whatever its id and the order of its keys
    rules                  rules that reach across the keys of one request
    schema                 the schema of a request, one validator an API version
    schema_blocks          the schema of content blocks and messages
    schema_errors          explain schema errors to people
    schema_server_results  the schema of results of server tools
    shapes                 group requests by the skeleton of their params
    sources                where requests are read from: files, folders, stdin
    task_files             turn tasks into requests, by way of a template
    tool_rules             check the tools of a request
    tools_cache            lists of tools that were checked already
    turn_rules             check the turns of a conversation
    types                  options in, report out: the package's types
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from batchtui.intake.parts import PartCutter
from batchtui.intake.types import CheckedRequest, CheckOptions, CheckReport, Shape

if TYPE_CHECKING:
    from batchtui.intake.checker import Checker
    from batchtui.intake.intake import Intake

__all__ = ["CheckOptions", "CheckReport", "CheckedRequest", "Checker", "Intake", "PartCutter", "Shape"]

_HOMES = {"Checker": "batchtui.intake.checker", "Intake": "batchtui.intake.intake"}


def __getattr__(name: str) -> Any:
    """Load what checks."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
