"""What one process does: each use case as the command line, the dashboard or a program calls it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.costs.known_requests import ReusePolicy
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.library.workspace import Workspace as Library
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.prune import apply_prune, plan_prune
from batchtui.services.batches.sync import sync
from batchtui.services.batches.targets import find_target
from batchtui.services.polling.poller import Poller
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.polling.wait import wait
from batchtui.services.polling.watch import Listeners, watch
from batchtui.services.results.collect import collect
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.services.retry.retry import discard as discard_retry
from batchtui.services.submission import resume as resume_service
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, discard, plan_submit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch, RemoteBatch
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace
    from tests.simulation.story import Step
    from tests.simulation.world import ApiBatch


class Console(Protocol):
    """What a person can look up, and what is remembered of their decisions."""

    hand_given: set[tuple[str, int, int]]
    """Parts about which a person has decided, knowing what that risks."""

    def really(self, part: Batch) -> ApiBatch | None:
        """The batch that was really made for a part, where it is there."""
        ...


@dataclass
class Person:
    """Who answers questions. A person can look at the API's console, and knows what is there."""

    watch: Console
    says_yes: bool = True

    async def consents(self, finding: Reconciliation) -> bool:
        """Whether a part is sent again.

        Whoever is told that it is absent believes it; whoever is asked because nothing can tell looks at the console.
        """
        batch = finding.batch
        if finding.kind is VerdictKind.ASK:
            if self.watch.really(batch) is not None:
                return False
            # The copy takes the part: the other home knows nothing of that, and the question has said so.
            self.watch.hand_given.add((batch.job, batch.attempt, batch.part))
        return self.says_yes

    async def chooses(self, finding: Reconciliation) -> RemoteBatch | None:
        """Which of several batches a part is: the one that it really is, where it is among them."""
        truth = self.watch.really(finding.batch)
        return next((remote for remote in finding.candidates if truth and remote.id == truth.id), None)

    async def decides(self, workspace: Workspace, finding: Reconciliation) -> None:
        """Type what is known about a part that was left undecided: which batch it is, or which it is not."""
        batch, truth = finding.batch, self.watch.really(finding.batch)
        if truth is not None and finding.kind is VerdictKind.ASK:
            truth.is_typed = True
            await resume_service.adopt(workspace, [batch.job], truth.id, part=batch.part)
            return
        for named in finding.verdict.choices:
            if truth is None or named != truth.id:
                await resume_service.reject(workspace, [batch.job], named)


@dataclass
class Scene:
    """What an actor has to act with."""

    workspace: Workspace
    step: Step
    sources: list[Path]
    part: int
    person: Person
    undecided: dict[int, Reconciliation]
    """By their keys: parts that a person was asked about, and did not answer."""


async def act(scene: Scene) -> None:
    """Do what the step says, to its end."""
    await _ACTS[scene.step.kind](scene)


async def _submit(scene: Scene) -> None:
    reuse = ReusePolicy() if scene.step.get("reuse") else None
    options = SubmitOptions(intake=IntakeOptions(max_requests=scene.part), reuse=reuse)
    plan = await plan_submit(scene.workspace, [str(scene.sources[scene.step.job])], options)
    try:
        await apply_submit(scene.workspace, plan)
    finally:
        discard(scene.workspace, plan)


async def _library_submit(scene: Scene) -> None:
    library, source = Library(scene.workspace), scene.sources[scene.step.job]
    await library.submit(
        str(source), if_submitted="reuse", max_requests=scene.part, reuse=bool(scene.step.get("reuse"))
    )


async def _resume(scene: Scene) -> None:
    step, person = scene.step, scene.person
    named = step.get("named")
    jobs = [named] if isinstance(named, str) else [batch.job for batch in await _ours(scene)] if named else []
    if named and not jobs:
        return
    grace: timedelta | None = None
    if step.get("grace") is not None:
        grace = timedelta(seconds=step.get("grace"))
        for batch in await scene.workspace.registry.queries.select(BatchQuery()):
            person.watch.hand_given.add((batch.job, batch.attempt, batch.part))
    choose = person.chooses if person.says_yes else None
    resumed = await resume_service.resume(
        scene.workspace, jobs[:1], grace=grace, consent=person.consents, choose=choose, patient=not step.get("hasty")
    )
    scene.undecided.update({finding.batch.key: finding for finding in resumed.undecided})
    if step.get("careful"):
        for finding in resumed.undecided:
            await person.decides(scene.workspace, finding)


async def _retry(scene: Scene) -> None:
    if (job := await _job(scene)) is None:
        return
    plan = await plan_retry(scene.workspace, await find_target(scene.workspace, job), RetryOptions())
    try:
        await apply_retry(scene.workspace, plan)
    finally:
        discard_retry(scene.workspace, plan)


async def _sync(scene: Scene) -> None:
    await sync(scene.workspace)


async def _status(scene: Scene) -> None:
    if (job := await _job(scene)) is None:
        return
    await refresh_batches(scene.workspace, (await find_target(scene.workspace, job)).batches)


async def _wait(scene: Scene) -> None:
    if (job := await _job(scene)) is None:
        return
    target = await find_target(scene.workspace, job)
    keys = [batch.key for batch in target.batches]
    for batch in await wait(scene.workspace, keys, timeout=scene.step.get("seconds")):
        if batch.state.is_settled:
            await collect(scene.workspace, batch)


async def _library_wait(scene: Scene) -> None:
    if (job := await _job(scene)) is not None:
        await Library(scene.workspace).wait(job, timeout=scene.step.get("seconds"))


async def _watch(scene: Scene) -> None:
    listeners = Listeners(lambda _happening: None, lambda _status: None, lambda _error: None)
    with suppress(TimeoutError):
        async with asyncio.timeout(scene.step.get("seconds")):
            await watch(scene.workspace, listeners, (), until_idle=bool(scene.step.get("until idle")))


async def _dashboard(scene: Scene) -> None:
    """The dashboard's own background: its poller, and what hears of commits."""
    poller = Poller(scene.workspace)
    work = [asyncio.ensure_future(scene.workspace.commits.run()), asyncio.ensure_future(poller.run())]
    try:
        await asyncio.wait(work, timeout=scene.step.get("seconds"), return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in work:
            task.cancel()
        ended = await asyncio.gather(*work, return_exceptions=True)
    for result in ended:
        if isinstance(result, Exception):
            raise result


async def _cancel(scene: Scene) -> None:
    keys = [batch.key for batch in await _ours(scene)]
    for outcome in await apply_cancel(scene.workspace, await plan_cancel(scene.workspace, keys)):
        if outcome.error is not None:
            raise outcome.error


async def _delete(scene: Scene) -> None:
    keys = [batch.key for batch in await _ours(scene)]
    locally, force = bool(scene.step.get("locally")), bool(scene.step.get("force"))
    plan = await plan_delete(scene.workspace, keys, locally=locally, force=force)
    for outcome in await apply_delete(scene.workspace, plan):
        if outcome.error is not None:
            raise outcome.error


async def _prune(scene: Scene) -> None:
    older = scene.step.get("older than")
    span = None if older is None else timedelta(seconds=older)
    await apply_prune(scene.workspace, await plan_prune(scene.workspace, older_than=span))


async def _ours(scene: Scene) -> list[Batch]:
    """The batches of one job that was submitted here; empty where there is none."""
    job = await _job(scene)
    return [] if job is None else await scene.workspace.registry.queries.of_job(job)


async def _job(scene: Scene) -> str | None:
    """A job that was submitted here: the one that the step means, in the order of planning."""
    batches = await scene.workspace.registry.queries.select(BatchQuery())
    jobs = list(dict.fromkeys(batch.job for batch in sorted(batches, key=lambda batch: batch.key) if batch.source))
    return jobs[scene.step.job % len(jobs)] if jobs else None


_ACTS: dict[str, Callable[[Scene], Awaitable[None]]] = {
    "submit": _submit, "library submit": _library_submit, "resume": _resume, "retry": _retry, "sync": _sync,
    "status": _status, "wait": _wait, "library wait": _library_wait, "watch": _watch, "dashboard": _dashboard,
    "cancel": _cancel, "delete": _delete, "prune": _prune,
}  # fmt: skip
