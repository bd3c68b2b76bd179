"""Reading requests from files, checking them, planning the parts of a job.

    intake = Intake(["requests.jsonl"], CheckOptions(api_version=API_VERSION, today=date.today()))
    for block in intake.blocks():       # lists of CheckedRequest: the good ones, as they will be sent
        ...
    report = intake.report()            # shapes, models, problems

Memory stays the same however large the input is: uniqueness of custom_ids over a job is decided by the request store,
which tells `Intake.note_duplicates`. `PartCutter` says which part each request goes into.

What checks is loaded when it is first used: who only names options and reports need not wait for it.
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
