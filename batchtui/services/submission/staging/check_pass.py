"""Read the input once: check it, cut it into parts, store it and sum up what it weighs: `run_staging`.

It runs in a worker process or in a thread, with the same result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from batchtui.domain.errors import UsageError
from batchtui.domain.limits import LARGEST_COUNT, LEAST_BODY_BYTES, MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.registry.requests.writer import RequestWriter
from batchtui.services.estimates.request_groups import RequestGrouper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from batchtui.intake import CheckedRequest, CheckOptions, CheckReport, PartCutter
    from batchtui.registry.requests.writer import StagedRequests
    from batchtui.services.estimates.request_groups import RequestGroup


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """How input is to be read: what a person says on the command line or in a form."""

    model: str | None = None
    """Replaces the model of every request."""
    max_tokens: int | None = None
    """Replaces max_tokens of every request."""
    max_requests: int = MAX_REQUESTS
    """Requests in one part at most."""
    max_bytes: int = MAX_BODY_BYTES
    """Bytes in the body of one part at most."""
    api_version: str | None = None
    """The anthropic-version header; None for the SDK's default."""
    betas: tuple[str, ...] = ()
    allowed_models: tuple[str, ...] = ()
    """Models that are sent even where they are known to be retired or to refuse the request."""
    first_part: int | None = None
    """Requests in the first part at most, where that is to have fewer than the others."""
    # Not compared: two runs with the same options are the same, whatever stream they read.
    stdin: BinaryIO | None = field(default=None, compare=False)
    """What the source `-` reads."""

    def __post_init__(self) -> None:
        """Refuse numbers that no part can have. Raises `UsageError`."""
        _refuse_outside("max_requests", self.max_requests, 1, MAX_REQUESTS)
        _refuse_outside("max_bytes", self.max_bytes, LEAST_BODY_BYTES, MAX_BODY_BYTES)
        if self.max_tokens is not None:
            _refuse_outside("max_tokens", self.max_tokens, 1, LARGEST_COUNT)


def _refuse_outside(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} is out of range: {least} to {most}.")


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far reading has come, in bytes of the input; the total is None where it cannot be known, as from a pipe."""

    read: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Staged:
    """Checked input: the report, and the requests laid aside, ready to be committed to a job or thrown away."""

    report: CheckReport
    requests: StagedRequests
    loads: tuple[RequestGroup, ...]
    """What the requests weigh: all that an estimate of their cost is made from."""


@dataclass(frozen=True, slots=True)
class StagingJob:
    """All that a pass needs to know, in this process or in a worker."""

    folder: Path
    """Where the requests are laid aside; the pass makes it."""
    sources: tuple[str, ...]
    options: IntakeOptions
    check_options: CheckOptions


def run_staging(job: StagingJob, tell: Callable[[ReadProgress], None]) -> Staged:
    """Read and check everything, and lay it aside. Busy with the processor: not for an event loop.

    What `tell` raises ends the pass; whatever ends it early, nothing of it is left on the disk.

    Raises:
        InputError: where a source cannot be read at all.
        StorageError: where the disk refuses.
    """
    from batchtui.intake import Intake, PartCutter

    intake = Intake(job.sources, job.check_options, job.options.stdin)
    cutter = PartCutter(job.options.max_requests, job.options.max_bytes, job.options.first_part)
    # Weighed on the way: the estimate needs lengths by model and shape, and the requests are not read twice.
    writer, weighed = RequestWriter(job.folder), RequestGrouper()
    try:
        for block in intake.blocks():
            write_block(writer, cutter, block, weighed)
            tell(ReadProgress(intake.bytes_read, intake.bytes_total))
    except BaseException:
        writer.discard()
        raise
    requests = writer.finish()
    if requests.has_duplicates:
        intake.note_duplicates(requests.duplicates())
    return Staged(intake.report(), requests, weighed.loads())


def write_block(
    writer: RequestWriter, cutter: PartCutter, block: Sequence[CheckedRequest], weighed: RequestGrouper
) -> None:
    """Write requests that follow one another, each into the part where it has its place, and weigh them."""
    begin = 0
    for part, count in cutter.cut([len(request.payload) for request in block]):
        requests = block[begin : begin + count]
        writer.add(part, requests)
        weighed.add(part, requests)
        begin += count
