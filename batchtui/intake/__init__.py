"""Reading requests from files, checking them, planning the parts of a job.

    intake = Intake(["requests.jsonl"], CheckOptions(api_version=API_VERSION, today=date.today()))
    for block in intake.blocks():       # lists of CheckedRequest: the good ones, as they will be sent
        ...
    report = intake.report()            # shapes, models, problems

Memory stays the same however large the input is: uniqueness of custom_ids over a job is decided by the request store,
which tells `Intake.note_duplicates`. `PartCutter` says which part each request goes into.

The rules are data where they can be, and looked at where a request gives cause: `rules/selection` says which of them a
skeleton needs.

What checks is loaded when it is first used: who only names options and reports need not wait for it.

Modules:

    checker         check records: fast where nothing is wrong, thoroughly where something is
    intake          one pass over the input: requests that may be sent, and a report
    parts           cut a job into parts, by requests and by bytes
    problems        collect problems: the same fault on many lines is one
    records/        input of any format, split into records
    request_digest  hash what a request asks, whatever its id and the order of its keys
    rules/          what the API asks beyond the form: models, tools, turns, media
    schema/         the form of a request, and what an error of it means
    shapes          group requests by the skeleton of their params
    types           options in, report out: the package's types
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
