"""Write marks to a file for another reviewer, and merge the marks of such a file: `export_marks`, `import_marks`.

The file is JSON Lines: a first line `{"format": "batchtui-review", "version": 1, ...}`, then a line a mark. It is
matched by custom_id, since the same job has another id in another registry.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, StorageError
from batchtui.domain.results.mark import (
    LONGEST_NOTE,
    ReviewMark,
    ReviewVerdict,
    label_complaint,
    reviewer_complaint,
)
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.history import open_job_results
from batchtui.services.results.review.stale import refresh_stale

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from batchtui.domain.batches.job import Job
    from batchtui.registry.results.job_results import ResultList
    from batchtui.services.workspace import Workspace

FORMAT, VERSION = "batchtui-review", 1
_DIGEST = re.compile(r"[0-9a-f]{32}")
_KEYS = frozenset({"custom_id", "reviewer", "verdict", "labels", "note", "answer", "marked_at"})


@dataclass(frozen=True, slots=True)
class MarksMerged:
    """What merging a file of marks came to. Each mark of the file is counted once."""

    added: int = 0
    updated: int = 0
    """Later than what the same reviewer had said here."""
    unchanged: int = 0
    """Here already."""
    older: int = 0
    """Earlier than what the same reviewer says here, which stays."""
    unknown: int = 0
    """Of custom_ids that the job has no result of; they are not stored."""
    stale: int = 0
    """Marks of the job that are about another answer than it has here."""
    reviewers: tuple[str, ...] = ()


async def export_marks(workspace: Workspace, job: Job) -> list[str]:
    """Return the lines of a file with all marks of a job, without newlines."""
    marks = await workspace.registry.marks.of_job(job.id)
    head = {
        "format": FORMAT, "version": VERSION, "job": job.id, "name": job.name,
        "exported_at": workspace.clock.now().astimezone(UTC).isoformat(), "marks": len(marks),
    }  # fmt: skip
    return [json.dumps(line, ensure_ascii=False) for line in (head, *map(mark_document, marks))]


def mark_document(mark: ReviewMark) -> dict[str, Any]:
    """Return a mark as it stands in files and in JSON."""
    return {
        "custom_id": mark.custom_id,
        "reviewer": mark.reviewer,
        "verdict": mark.verdict and str(mark.verdict),
        "labels": list(mark.labels),
        "note": mark.note,
        "answer": mark.answer,
        "marked_at": mark.marked_at and mark.marked_at.astimezone(UTC).isoformat(),
    }


def read_marks_file(path: Path) -> list[ReviewMark]:
    """Return the marks of a file. Blocking.

    Raises:
        InputError: it is no such file, or a line is wrong; the sentence names the line.
        StorageError: it cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}.") from error
    while lines and not lines[-1].strip():
        lines.pop()
    _check_head(path, lines[0] if lines else b"")
    marks = [_to_mark(f"{path}:{number}", line) for number, line in enumerate(lines[1:], 2) if line.strip()]
    seen: set[tuple[str, str]] = set()
    for mark in marks:
        if (mark.custom_id, mark.reviewer) in seen:
            raise _wrong(str(path), f"{mark.custom_id!r} is marked twice by {mark.reviewer!r}")
        seen.add((mark.custom_id, mark.reviewer))
    return marks


async def import_marks(workspace: Workspace, job: str, path: Path) -> MarksMerged:
    """Merge the marks of a file into those of a job, in one transaction.

    The marks of different reviewers stand side by side. Of the same reviewer the later mark stays, and the earlier one
    in its history. Doing it twice changes nothing.

    Raises:
        InputError: the file is wrong, or none of its custom_ids is in the job; nothing was stored.
        ResultsUnavailable: no results of the job are saved.
        StorageError: the disk refuses; nothing was stored.
    """
    marks = await run_in_thread(read_marks_file, path)
    results = await open_job_results(workspace, job)
    try:
        known = await run_in_thread(lambda: set(_known(results, [mark.custom_id for mark in marks])))
    finally:
        results.close()
    if marks and not known:
        raise InputError(
            f"{path}: none of its {len(marks):,} custom_ids has a result in this job. Nothing was imported.",
            hint="Name the job that the other reviewer has reviewed.",
        )
    table = workspace.registry.marks
    here = {(mark.custom_id, mark.reviewer): mark for mark in await table.of_job(job)}
    writing, added, updated, unchanged, older = [], 0, 0, 0, 0
    for mark in marks:
        if mark.custom_id not in known:
            continue
        before = here.get((mark.custom_id, mark.reviewer))
        if before is None:
            added += 1
        elif mark.says_the_same(before):
            unchanged += 1
            continue
        elif (before.marked_at or datetime.min.replace(tzinfo=UTC)) >= (mark.marked_at or workspace.clock.now()):
            older += 1
            continue
        else:
            updated += 1
        writing.append(mark)
    if writing:
        await table.write(job, writing)
    return MarksMerged(
        added, updated, unchanged, older, sum(mark.custom_id not in known for mark in marks),
        await refresh_stale(workspace, job), tuple(sorted({mark.reviewer for mark in marks})),
    )  # fmt: skip


def _known(results: ResultList, custom_ids: Sequence[str]) -> Iterator[str]:
    numbers = list(results.numbers_of(custom_ids))
    for start in range(0, len(numbers), 1_000):
        yield from (facts.custom_id for facts in results.page(numbers[start : start + 1_000]))


def _check_head(path: Path, line: bytes) -> None:
    try:
        head = json.loads(line)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise InputError(
            f"{path} is not a file of review marks: its first line does not say"
            f' {{"format": "{FORMAT}", "version": {VERSION}}}.',
            hint="`batchtui review JOB --export FILE` writes such a file.",
        )
    version = head.get("version")
    if version != VERSION:
        raise InputError(
            f"{path} has version {version!r} of review marks; this batchtui reads version {VERSION}.",
            hint="Update batchtui, or ask for a file of this version.",
        )


def _to_mark(place: str, line: bytes) -> ReviewMark:
    """Return the mark of a line. Raises `InputError`, which names the place."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _wrong(place, f"not valid JSON ({error})") from None
    if not isinstance(said, dict):
        raise _wrong(place, "not a JSON object")
    if unknown := sorted(set(said) - _KEYS):
        raise _wrong(place, f"unknown key {unknown[0]!r}")
    custom_id, reviewer, note, answer = (said.get(key) for key in ("custom_id", "reviewer", "note", "answer"))
    if not isinstance(custom_id, str) or not custom_id:
        raise _wrong(place, "`custom_id` has to be a text")
    if not isinstance(reviewer, str) or reviewer_complaint(reviewer):
        raise _wrong(place, "`reviewer` has to be a name without spaces around it")
    if not isinstance(answer, str) or not _DIGEST.fullmatch(answer):
        raise _wrong(place, "`answer` has to be the digest of the answer, 32 hexadecimal digits")
    if not isinstance(note, str | None) or len(note or "") > LONGEST_NOTE:
        raise _wrong(place, f"`note` has to be a text of at most {LONGEST_NOTE:,} characters")
    mark = ReviewMark(
        custom_id, reviewer, answer, _verdict(place, said.get("verdict")), _labels(place, said.get("labels")),
        note or "", _time(place, said.get("marked_at")),
    )  # fmt: skip
    try:
        json.dumps([custom_id, reviewer, note, mark.labels], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _wrong(place, "a text holds half a character (a lone surrogate)") from None
    if mark.is_empty:
        raise _wrong(place, "a mark has a verdict, a label or a note")
    return mark


def _verdict(place: str, said: object) -> ReviewVerdict | None:
    if said is None:
        return None
    if said not in tuple(ReviewVerdict):
        raise _wrong(place, f"`verdict` has to be accepted, rejected or null, and is {said!r}")
    return ReviewVerdict(str(said))


def _labels(place: str, said: object) -> tuple[str, ...]:
    labels = [] if said is None else said
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise _wrong(place, "`labels` has to be a list of texts")
    if complaint := label_complaint(labels):
        raise _wrong(place, f"`labels`: {complaint}")
    return tuple(sorted(labels))


def _time(place: str, said: object) -> datetime:
    try:
        at = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _wrong(place, "`marked_at` has to be a time with its zone, such as 2026-12-01T09:30:00+00:00")
    return at


def _wrong(place: str, what: str) -> InputError:
    return InputError(f"{place}: {what}. Nothing was imported.")
