"""What a program may submit: files, folders, or requests from any iterable; and how that is read."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from batchtui.domain.errors import InputError
from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.library.stream import RequestStream
from batchtui.services.submission.staging.stage import IntakeOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.library.options import IntakeWishes
    from batchtui.library.stream import Requests

Source: TypeAlias = "str | Path | Sequence[str | Path] | Requests"
"""A file, a folder of parts, several of them; or requests as the SDK takes them, from any iterable."""


def intake_of(source: Source, wishes: IntakeWishes) -> tuple[list[str], IntakeOptions]:
    """Say what is read and how: names of files, or `-` with a stream of the requests behind it."""
    options = IntakeOptions(
        model=wishes.get("model"),
        max_tokens=wishes.get("max_tokens"),
        max_requests=wishes.get("max_requests", MAX_REQUESTS),
        max_bytes=wishes.get("max_bytes", MAX_BODY_BYTES),
        api_version=wishes.get("api_version"),
        betas=tuple(wishes.get("betas", ())),
    )
    files = _files_of(source)
    if files is not None:
        return files, options
    stream = RequestStream(source, asyncio.get_running_loop())  # type: ignore[arg-type]
    return ["-"], replace(options, stdin=io.BufferedReader(stream))


def _files_of(source: Source) -> list[str] | None:
    """Return the names of files; None where the source is requests."""
    if isinstance(source, str | Path):
        return [str(source)]
    if isinstance(source, list | tuple) and source and all(isinstance(each, str | Path) for each in source):
        return [str(each) for each in source]
    if isinstance(source, list | tuple) and not source:
        raise InputError("There are no requests.", hint="A job needs at least one.")
    return None
