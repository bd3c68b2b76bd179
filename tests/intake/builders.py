"""Requests and checks for the tests of intake."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from batchtui.domain.limits import API_VERSION
from batchtui.intake import CheckedRequest, CheckOptions, CheckReport, Intake

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.submission.problem import Problem

MODEL = "claude-sonnet-5-5"
TODAY = date(2026, 11, 21)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def request(custom_id: Any = "r-1", **params: Any) -> dict[str, Any]:
    """Return a right request; keyword arguments replace or add keys of params, None takes one away."""
    whole: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
    whole.update(params)
    return {"custom_id": custom_id, "params": {key: value for key, value in whole.items() if value is not None}}


def user(*blocks: dict[str, Any] | str) -> dict[str, Any]:
    """Return a user's message of blocks; a string is a text block."""
    said = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
    return {"role": "user", "content": said}


def assistant(*blocks: dict[str, Any] | str) -> dict[str, Any]:
    """Return a message of the assistant."""
    return {**user(*blocks), "role": "assistant"}


def options(**changes: Any) -> CheckOptions:
    """Return the options of today."""
    return CheckOptions(**{"api_version": API_VERSION, "today": TODAY, **changes})


def run(*sources: str | Path, **changes: Any) -> tuple[list[CheckedRequest], CheckReport]:
    """Check files and return what may be sent, and the report."""
    stdin = changes.pop("stdin", None)
    intake = Intake([str(source) for source in sources], options(**changes), stdin)
    good = [each for block in intake.blocks() for each in block]
    return good, intake.report()


def check_bytes(folder: Path, content: bytes, **changes: Any) -> tuple[list[CheckedRequest], CheckReport]:
    """Check a file of these bytes."""
    path = folder / "in.jsonl"
    path.write_bytes(content)
    return run(path, **changes)


def lines(*values: Any) -> bytes:
    """Return values as JSON lines."""
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def faults(folder: Path, *values: Any, **changes: Any) -> list[Problem]:
    """Check values, the last line being a right request, and return the problems."""
    content = lines(*values, request("right"))
    return list(check_bytes(folder, content, **changes)[1].problems)


def only(problems: list[Problem]) -> Problem:
    """Return the one problem there is."""
    assert len(problems) == 1, problems
    return problems[0]
