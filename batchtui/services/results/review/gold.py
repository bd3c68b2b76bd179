"""The accepted answers of a job as a gold set, with the requests they answer: `gold_set`, `read_gold`.

A gold set is JSON Lines, a line an answer: custom_id, the request's own params, the accepted answer as text, and as
JSON where it is structured. A judge compares others with it.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, StorageError
from batchtui.domain.results.mark import ReviewVerdict
from batchtui.results.answer_digest import answer_digest
from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import structured_value
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.history import open_job_results

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from batchtui.domain.results.mark import ReviewMark
    from batchtui.registry.registry import Registry
    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.results.job_results import JobResults
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """One answer that a reviewer has accepted, and nobody has rejected."""

    custom_id: str
    request: Mapping[str, Any]
    """The params that were sent; empty where the request is not stored."""
    answer: str
    fields: Mapping[str, Any] | None
    """The answer as JSON values; None where it is not structured."""
    labels: tuple[str, ...]
    note: str
    reviewers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as it stands in a file."""
        return {
            "custom_id": self.custom_id, "request": self.request, "answer": self.answer, "fields": self.fields,
            "labels": list(self.labels), "note": self.note, "reviewers": list(self.reviewers),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class GoldSet:
    """The accepted answers of a job, and how many were left out."""

    answers: tuple[GoldAnswer, ...]
    disputed: int
    """Accepted by one reviewer and rejected by another."""
    stale: int
    """Accepted, but of an answer that the job does not have any more."""


async def gold_set(workspace: Workspace, job: str) -> GoldSet:
    """Return the accepted answers of a job.

    Raises:
        ResultsUnavailable: no results of the job are saved.
        StorageError: the disk refuses.
    """
    by_result: dict[str, list[ReviewMark]] = {}
    for mark in await workspace.registry.marks.of_job(job):
        if mark.verdict:
            by_result.setdefault(mark.custom_id, []).append(mark)
    results = await open_job_results(workspace, job)
    try:
        return await run_in_thread(_gold_set, workspace.registry, results, by_result)
    finally:
        results.close()


def _gold_set(registry: Registry, results: JobResults, by_result: Mapping[str, Sequence[ReviewMark]]) -> GoldSet:
    answers: list[GoldAnswer] = []
    disputed = stale = 0
    with ExitStack() as stack:
        readers: dict[int, RequestReader | None] = {}
        for number in results.numbers_of(by_result):
            answer = parse_result(results.raw(number))
            marks = by_result[answer.custom_id]
            current = [mark for mark in marks if mark.answer == answer_digest(answer)]
            accepted = [mark for mark in current if mark.verdict is ReviewVerdict.ACCEPTED]
            if not accepted:
                stale += any(mark.verdict is ReviewVerdict.ACCEPTED for mark in marks)
                continue
            if len(accepted) < len(current):
                disputed += 1
                continue
            batch = results.batch_of(number)
            if batch.attempt not in readers:
                readers[batch.attempt] = _requests(stack, registry, batch.job, batch.attempt)
            reader = readers[batch.attempt]
            answers.append(
                GoldAnswer(
                    answer.custom_id, _params(reader.find(answer.custom_id) if reader else None), answer.text,
                    structured_value(answer), tuple(sorted({name for mark in accepted for name in mark.labels})),
                    "; ".join(mark.note for mark in accepted if mark.note),
                    tuple(sorted(mark.reviewer for mark in accepted)),
                )
            )  # fmt: skip
    return GoldSet(tuple(answers), disputed, stale)


def _requests(stack: ExitStack, registry: Registry, job: str, attempt: int) -> RequestReader | None:
    with suppress(StorageError, FileNotFoundError):
        if registry.requests.has(job):
            return stack.enter_context(registry.requests.reader(job, attempt))
    return None


def _params(request: bytes | None) -> Mapping[str, Any]:
    try:
        params = parse_json_object(request).get("params") if request else None
    except UnreadableLine:
        params = None
    return params if isinstance(params, dict) else {}


def gold_lines(gold: GoldSet) -> Iterator[str]:
    """Yield the lines of a gold set's file, without newlines."""
    for answer in gold.answers:
        # As ASCII: a lone surrogate in an answer cannot be written as UTF-8.
        yield json.dumps(answer.to_json(), ensure_ascii=True)


def read_gold(path: Path) -> list[GoldAnswer]:
    """Return the answers of a gold set's file. Blocking.

    Raises:
        InputError: a line is no answer of a gold set; the sentence names the line.
        StorageError: it cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return [_to_gold(f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def _to_gold(place: str, line: bytes) -> GoldAnswer:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not valid JSON ({error}).") from None
    if not isinstance(said, dict) or not isinstance(said.get("custom_id"), str) or not said["custom_id"]:
        raise InputError(f"{place}: not an answer of a gold set: `custom_id` has to be a text.")
    if not isinstance(said.get("answer"), str):
        raise InputError(f"{place}: not an answer of a gold set: `answer` has to be a text.")
    request, fields = said.get("request"), said.get("fields")
    return GoldAnswer(
        said["custom_id"], request if isinstance(request, dict) else {}, said["answer"],
        fields if isinstance(fields, dict) else None, tuple(map(str, said.get("labels") or ())),
        str(said.get("note") or ""), tuple(map(str, said.get("reviewers") or ())),
    )  # fmt: skip
