"""Encode the messages between the two processes of a pass, each as a line of JSON: `encode`, `decode`.

Not pickle: what comes from a pipe may only become one of a closed list of kinds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from batchtui.domain import errors
from batchtui.domain.batches.job import PartPlan
from batchtui.domain.errors import BatchtuiError, InputError
from batchtui.domain.model import ModelInfo
from batchtui.domain.submission.problem import Problem, Severity
from batchtui.intake.types import CheckOptions, CheckReport, Shape
from batchtui.registry.requests.writer import StagedRequests
from batchtui.services.estimates.request_groups import RequestGroup
from batchtui.services.submission.staging.check_pass import IntakeOptions, ReadProgress, Staged, StagingJob

_KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (
        StagingJob, IntakeOptions, CheckOptions, ModelInfo, ReadProgress, Staged,
    CheckReport, Shape, Problem, StagedRequests,
        PartPlan, RequestGroup,
    )
}  # fmt: skip
"""The classes that a message may hold; any other name in a message is an error."""


def encode(message: object) -> bytes:
    """Return a message as a line of JSON."""
    return json.dumps(_said(message)).encode() + b"\n"


def decode(source: IO[bytes]) -> Any:
    """Return the next message. Raises EOFError where there is none, or only a piece of one."""
    said = source.readline()
    if not said.endswith(b"\n"):
        raise EOFError
    return _meant(json.loads(said))


def _said(value: object) -> Any:
    """Return a value for JSON: what JSON has no type for becomes an object with one key, the name of its class."""
    match value:
        case StrEnum():
            return {"Severity": value.value}
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            # Latin-1 has a character for every byte, so that any bytes survive as JSON text.
            return {"bytes": value.decode("latin-1")}
        case Path():
            return {"Path": str(value)}
        case date():
            return {"date": value.isoformat()}
        case Mapping():
            return {"dict": [[_said(key), _said(held)] for key, held in value.items()]}
        case tuple() | list() | frozenset():
            return {type(value).__name__: [_said(each) for each in value]}
        case BatchtuiError():
            said = [value.message, value.hint, value.heading, _said(getattr(value, "problems", ()))]
            return {"error": [type(value).__name__, *said]}
    assert is_dataclass(value)
    assert type(value) is _KINDS.get(type(value).__name__), f"{type(value)} is never said"
    return {type(value).__name__: {each.name: _said(getattr(value, each.name)) for each in fields(value)}}


def _meant(said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    [(kind, inner)] = said.items()
    if kind in _KINDS:
        return _KINDS[kind](**{name: _meant(held) for name, held in inner.items()})
    return _WORDS[kind](inner)


def _error(said: list[Any]) -> BatchtuiError:
    name, message, hint, heading, problems = said
    kind: type[BatchtuiError] = getattr(errors, name)
    if issubclass(kind, InputError):
        return kind(message, hint=hint, title=heading, problems=_meant(problems))
    return kind(message, hint=hint, title=heading)


_WORDS: Mapping[str, Callable[[Any], Any]] = {
    "Severity": Severity,
    "bytes": lambda said: said.encode("latin-1"),
    "Path": Path,
    "date": date.fromisoformat,
    "dict": lambda said: {_meant(key): _meant(held) for key, held in said},
    "tuple": lambda said: tuple(map(_meant, said)),
    "list": lambda said: list(map(_meant, said)),
    "frozenset": lambda said: frozenset(map(_meant, said)),
    "error": _error,
}
