"""From files to checked requests laid aside: one pass that checks, cuts into parts, stores and fingerprints."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO

from batchtui.domain.limits import API_VERSION, MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.services.loads import LoadCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.estimate import Estimate
    from batchtui.intake import CheckedRequest, CheckOptions, CheckReport
    from batchtui.registry.request_writer import RequestWriter, StagedRequests
    from batchtui.services.loads import Load
    from batchtui.services.workspace import Workspace


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
    stdin: BinaryIO | None = field(default=None, compare=False)
    """What the source `-` reads."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far reading has come, in bytes of the input; the total is None where it cannot be known, as from a pipe."""

    read: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Staged:
    """Checked input: the report, and the requests laid aside, ready to be committed to a job or thrown away."""

    report: CheckReport
    requests: StagedRequests
    loads: tuple[Load, ...]
    """What the requests weigh: all that an estimate of their cost is made from."""


async def stage(
    workspace: Workspace,
    sources: Sequence[str],
    options: IntakeOptions,
    on_progress: Callable[[Reading], None] | None = None,
) -> Staged:
    """Read, check and lay aside. Whoever calls commits or discards what comes back, also where it has errors.

    Raises:
        InputError: where a source cannot be read at all.
        StorageError: where the disk refuses; nothing is left behind.
    """
    check_options = await build_check_options(workspace, options)
    given_up = threading.Event()

    def tell(reading: Reading) -> None:
        if given_up.is_set():
            raise asyncio.CancelledError
        if on_progress:
            on_progress(reading)

    work = asyncio.ensure_future(asyncio.to_thread(_stage, workspace, sources, options, check_options, tell))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        # The thread cannot be cancelled: tell it, wait for it, and leave nothing of it behind.
        given_up.set()
        await asyncio.wait({work})
        if not work.cancelled() and work.exception() is None:
            workspace.registry.requests.discard(work.result().requests)
        raise


def _stage(
    workspace: Workspace,
    sources: Sequence[str],
    options: IntakeOptions,
    check_options: CheckOptions,
    tell: Callable[[Reading], None],
) -> Staged:
    from batchtui.intake import Intake, PartCutter

    intake = Intake(sources, check_options, options.stdin)
    cutter = PartCutter(options.max_requests, options.max_bytes)
    writer, weighed = workspace.registry.requests.writer(), LoadCounter()
    try:
        for block in intake.blocks():
            write_block(writer, cutter.place, block, weighed)
            tell(Reading(intake.bytes_read, intake.bytes_total))
    except BaseException:
        writer.discard()
        raise
    requests = writer.finish()
    if requests.has_duplicates:
        intake.note_duplicates(requests.duplicates())
    return Staged(intake.report(), requests, weighed.loads())


def write_block(
    writer: RequestWriter, place: Callable[[int], int], block: Sequence[CheckedRequest], weighed: LoadCounter
) -> None:
    """Write requests that follow one another, each into the part where it has its place, and weigh them."""
    placed = [(place(len(request.payload)), request) for request in block]
    for part, group in groupby(placed, key=itemgetter(0)):
        requests = [request for _, request in group]
        writer.add(part, requests)
        weighed.add(part, requests)


async def estimate_staged(workspace: Workspace, staged: Staged) -> Estimate:
    """Say what checked requests will cost if they are sent now; the registry's history says how much is written."""
    from batchtui.services.estimate import estimate

    shares, day = await workspace.registry.costs.output_shares(), workspace.clock.now().date()
    return await asyncio.to_thread(estimate, staged.loads, staged.report.shapes, shares, day)


async def build_check_options(workspace: Workspace, options: IntakeOptions) -> CheckOptions:
    """Say what requests are to be checked with, from the options, the settings and the day."""
    from batchtui.intake import CheckOptions

    settings = workspace.settings
    return CheckOptions(
        api_version=options.api_version or API_VERSION,
        betas=options.betas,
        today=workspace.clock.now().date(),
        model=options.model,
        max_tokens=options.max_tokens,
        max_bytes=options.max_bytes,
        tiers=settings.tiers(),
        templates=workspace.paths.templates,
    )
