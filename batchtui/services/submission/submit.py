"""Submitting: a plan that says exactly what would be sent, and its carrying out, part by part, each sent once."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from batchtui.domain.batches.job import LONGEST_NAME, PILOT_PART, Job, name_complaint
from batchtui.domain.batches.lineage import JobParent, JobRelation
from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import AnswerLost, InputError, RateLimited, Unreachable, UsageError
from batchtui.domain.limits import API_VERSION
from batchtui.registry.jobs.jobs import PlannedBefore
from batchtui.registry.jobs.lineage_ids import LINEAGE_FILE
from batchtui.registry.requests.reused import number_samples
from batchtui.registry.requests.source_rows import keep_with_job
from batchtui.runtime.threads import run_in_thread
from batchtui.services.models import refresh_daily
from batchtui.services.reuse.fill import fill_all
from batchtui.services.spending.budget import enforce_limits
from batchtui.services.submission import cache_priming
from batchtui.services.submission.dispatch import send_parts
from batchtui.services.submission.duplicates import refuse_duplicates
from batchtui.services.submission.staging.known import find_known_staged, remember_requests
from batchtui.services.submission.staging.pilot import plan_pilot
from batchtui.services.submission.staging.reuse import index_of, known_attempts, plan_reuse
from batchtui.services.submission.staging.stage import IntakeOptions, Staged, estimate_staged, stage
from batchtui.services.submission.token_sample import count_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.known_requests import KnownRequests, ReusePolicy
    from batchtui.domain.results.judgment import JudgeRecord
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.intake import CheckReport
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.staging.stage import ReadProgress
    from batchtui.services.submission.staging.worker import StagingWorker
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """What a person says about a submission."""

    name: str | None = None
    """None takes the name of the first file."""
    tags: tuple[str, ...] = ()
    intake: IntakeOptions = field(default_factory=IntakeOptions)
    prime: bool = False
    """Whether one request goes first, and the rest when it has ended: it writes the cache that the others read."""
    source: str | None = None
    """What is said of where the requests came from; None takes the names of the files."""
    count: bool = False
    """Whether the API is asked to count the input of a few requests, for the estimate."""
    reuse: ReusePolicy | None = None
    """Which answers take the place of new ones; None sends every request."""
    samples: int = 1
    """How many equal requests of the input are samples of one question, and not duplicates."""
    pilot: int | None = None
    """How many requests, drawn at random, go first; the others wait until somebody has seen what they cost."""
    auto_below: Decimal | None = None
    """USD: with a pilot, the others are sent without a question where the whole will cost less, with 90 % certainty."""
    parents: tuple[JobParent, ...] = ()
    """The jobs that these requests were made from."""
    parent_ids: Path | None = None
    """A file of `LineageIdWriter`, which is taken; None where custom_ids are those of the parent."""
    judge: JudgeRecord | None = None
    """How the job judges its parents, where it does."""

    def __post_init__(self) -> None:
        """Refuse what excludes each other. Raises `UsageError`."""
        if self.reuse is not None and (self.prime or self.count):
            other = "--prime" if self.prime else "--count"
            raise UsageError(f"{other} and --reuse cannot be combined.", hint="Leave one of them out.")
        if self.pilot is not None and (self.prime or self.reuse is not None):
            other = "--prime" if self.prime else "--reuse"
            raise UsageError(f"{other} and --pilot cannot be combined.", hint="Leave one of them out.")
        if self.auto_below is not None and self.pilot is None:
            raise UsageError("--auto-below needs --pilot.", hint="--pilot 50 sends 50 requests first.")


@dataclass(frozen=True, slots=True)
class SubmitPlan:
    """Exactly what will be sent. The requests lie aside until the plan is applied or discarded."""

    job: Job
    parts: tuple[PartPlan, ...]
    report: CheckReport
    staged: Staged
    estimate: Estimate
    """What it will cost."""
    earlier: tuple[Job, ...]
    """Jobs with the same requests that were submitted before, newest first."""
    known: KnownRequests
    """What was asked before, or twice."""
    primes: bool = False
    """Whether the first part goes first, and the others when it has ended."""
    options: SubmitOptions = field(default_factory=SubmitOptions)
    whole: Estimate | None = None
    """What all requests would cost, those among them whose answers are reused."""
    attempts: Mapping[str, frozenset[int]] | None = None
    """Where answers are reused: the attempts of all jobs that this plan knows of."""

    @property
    def sent(self) -> tuple[PartPlan, ...]:
        """The parts that are sent: all but those that reuse answers."""
        return tuple(part for part in self.parts if not part.is_reused)

    @property
    def pilot(self) -> PartPlan | None:
        """The sample that goes first; None without one, or where it would be all there is."""
        return next((part for part in self.parts if part.part == PILOT_PART), None)

    @property
    def is_sendable(self) -> bool:
        """Whether nothing in the input forbids it."""
        return self.report.errors == 0 and bool(self.parts)


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a plan: the job, and its parts as they stand."""

    job: Job
    batches: tuple[Batch, ...]
    known: KnownRequests | None = None
    """Of a submission: what was asked before, as it was known when it was committed."""

    @property
    def unknown(self) -> tuple[Batch, ...]:
        """Parts whose answer was lost."""
        return tuple(batch for batch in self.batches if batch.state is BatchState.UNKNOWN)

    @property
    def waiting(self) -> tuple[Batch, ...]:
        """Parts that are not sent yet."""
        return tuple(batch for batch in self.batches if batch.state is BatchState.PLANNED)


async def plan_submit(
    workspace: Workspace,
    sources: Sequence[str],
    options: SubmitOptions,
    on_progress: Callable[[ReadProgress], None] | None = None,
    *,
    child: StagingWorker | None = None,
    sends: bool = True,
) -> SubmitPlan:
    """Read and check everything and cut it into parts; nothing is sent. Apply or discard what comes back.

    A plan with errors comes back too, so that the report can be shown; applying it is refused. `child` is as in
    `stage`; without `sends` the plan is only to be looked at.

    Raises:
        UsageError: the name is not allowed for a job.
        InputError: where a source cannot be read at all.
        StorageError: where the disk refuses.
    """
    if options.name and (complaint := name_complaint(options.name)):
        raise UsageError(f"The job cannot be called `{options.name[:40]}`: {complaint}.")
    # The SDK takes a second to import: that goes on while the input is checked.
    if sends:
        workspace.warm_up()
    # The priming batch is part 1 with one request; `must_wait` holds back the others.
    intake = replace(options.intake, first_part=1) if options.prime else options.intake
    staged = await stage(workspace, sources, intake, on_progress, child=child)
    try:
        composed = await run_in_thread(keep_with_job, workspace.paths.originals, staged.requests)
        if composed and not options.parents:
            options = replace(options, parents=tuple(JobParent(job, JobRelation.COMPOSED) for job in composed))
        if options.parent_ids is not None:
            # With the requests, which it is moved and deleted with.
            shutil.move(options.parent_ids, staged.requests.folder / LINEAGE_FILE)
        if options.samples > 1:
            await run_in_thread(lambda: number_samples(index_of(staged), options.samples))
        earlier = await workspace.registry.jobs.with_fingerprint(staged.requests.fingerprint)
        name = options.name or name_of(sources)
        tally = (
            await count_sample(workspace, staged, options.intake)
            if options.count and not staged.report.errors
            else None
        )
        if options.reuse is not None:
            reuse = await plan_reuse(workspace, staged, options.reuse, options.intake, name=name)
            parts, known, attempts = reuse.parts, reuse.known, reuse.attempts
            expected, whole = reuse.estimate, reuse.whole
        elif options.pilot is not None and not staged.report.errors and options.pilot < staged.requests.requests:
            known, attempts = await find_known_staged(workspace, staged, name=name), None
            parts, expected = await plan_pilot(workspace, staged, options.pilot, options.intake, name=name, tally=tally)
            whole = expected
        else:
            parts, attempts = staged.requests.parts, None
            expected = whole = await estimate_staged(workspace, staged, name=name, tally=tally)
            known = await find_known_staged(workspace, staged, name=name)
    except BaseException:
        workspace.registry.requests.discard(staged.requests)
        raise
    job = Job(
        id=f"job_{workspace.random(6)}",
        name=name,
        created_at=workspace.clock.now(),
        source=options.source or ", ".join(sources),
        requests=staged.requests.requests,
        bytes=staged.requests.bytes,
        fingerprint=staged.requests.fingerprint,
        models=tuple(staged.report.models),
        tags=options.tags,
        profile=workspace.profile,
        api_version=options.intake.api_version or API_VERSION,
        betas=options.intake.betas,
    )
    # Where answers are reused, the same file once more is a job like any other.
    same = tuple(earlier) if job.requests and options.reuse is None else ()
    primes = options.prime and len(parts) > 1
    return SubmitPlan(job, parts, staged.report, staged, expected, same, known, primes, options, whole, attempts)


def discard(workspace: Workspace, plan: SubmitPlan) -> None:
    """Throw away what a plan laid aside."""
    workspace.registry.requests.discard(plan.staged.requests)


async def apply_submit(
    workspace: Workspace,
    plan: SubmitPlan,
    *,
    force: bool = False,
    max_cost: Decimal | None = None,
    on_event: Callable[[SendEvent], None] | None = None,
) -> Submitted:
    """Commit the plan, then send its parts in order, each once.

    Parts that a lost answer, a long rate limit or a full queue leaves open come back as they stand: `unknown` or
    `planned`, with the reason. Nothing of them is lost; `resume` goes on with them.

    Raises:
        InputError: where the input has errors.
        SubmittedBefore: the same requests were submitted before, and `force` is not given.
        CostLimit: it may cost more than `max_cost` or a limit of the settings allows.
        CredentialsMissing, Refused, SpendLimitReached, Unreachable: nothing of the part was created; it stays planned.
    """
    workspace.refuse_if_read_only()
    if not plan.is_sendable:
        raise InputError(f"{plan.report.errors} errors in the input; nothing was sent.", problems=plan.report.problems)
    await refuse_duplicates(workspace, plan.earlier, force=force)
    await enforce_limits(workspace, plan.estimate, max_cost)
    # Where there are no credentials, that is said before anything is kept. What sends nothing needs none.
    account = await account_to_plan_for(workspace) if plan.sent else None
    if plan.primes:
        await cache_priming.mark(workspace, plan.job.id)
    if plan.pilot is not None and plan.options.auto_below is not None:
        await workspace.registry.values.put(bound_key(plan.job.id), str(plan.options.auto_below))
    plan, keys = await _commit(workspace, plan, account, force=force, max_cost=max_cost)
    if account is None and plan.sent:
        await name_account(workspace, keys)
    await send_parts(workspace, keys, on_event)
    if len(plan.sent) < len(plan.parts):
        await fill_all(workspace)
    # Last: the list of models is for later checks, and must not delay a part.
    await remember_requests(workspace)
    if plan.sent:
        await refresh_daily(workspace)
    return Submitted(plan.job, tuple(await workspace.registry.queries.page(keys)), plan.known)


class _OtherJobs(Exception):
    """Other requests were planned since this plan was made; they may be the same."""


async def _commit(
    workspace: Workspace, plan: SubmitPlan, account: Account | None, *, force: bool, max_cost: Decimal | None
) -> tuple[SubmitPlan, tuple[int, ...]]:
    """Write a plan to the registry. Returns it as it was written, and the keys of its parts.

    Where answers are reused, what is new is decided anew as often as other jobs were planned meanwhile: of two
    submissions of the same requests at once, one sends them.

    Raises:
        SubmittedBefore, CostLimit, StorageError: as `apply_submit`.
    """

    async def check() -> None:
        if plan.attempts is not None and await known_attempts(workspace) != plan.attempts:
            raise _OtherJobs
        # Again within the transaction: two submissions at once would each find room under the daily limit.
        await enforce_limits(workspace, plan.estimate, max_cost)

    while True:
        try:
            keys = await workspace.registry.jobs.plan(
                plan.job,
                plan.parts,
                keep=partial(workspace.registry.requests.commit, plan.staged.requests, plan.job.id),
                must_be_new=not force and plan.options.reuse is None,
                estimates=plan.estimate.parts,
                expectations=plan.estimate.expectations,
                account=account,
                check=check,
                parents=plan.options.parents,
                judge=plan.options.judge,
            )
        except PlannedBefore as found:
            await refuse_duplicates(workspace, found.jobs, force=False)
            raise
        except _OtherJobs:
            assert plan.options.reuse is not None
            plan = await reuse_answers(workspace, plan, plan.options.reuse)
        else:
            return plan, keys


async def reuse_answers(workspace: Workspace, plan: SubmitPlan, policy: ReusePolicy) -> SubmitPlan:
    """Return a plan that sends only what is new of the same requests. It takes the place of the plan.

    Raises:
        UsageError: the plan is for a priming request, or with counted tokens.
        StorageError: the disk refuses.
    """
    options = replace(plan.options, reuse=policy)
    reuse = await plan_reuse(workspace, plan.staged, policy, options.intake, name=plan.job.name)
    return replace(
        plan, parts=reuse.parts, known=reuse.known, estimate=reuse.estimate, whole=reuse.whole, earlier=(),
        options=options, attempts=reuse.attempts,
    )  # fmt: skip


async def draw_pilot(workspace: Workspace, plan: SubmitPlan, size: int) -> SubmitPlan:
    """Return a plan that sends a random sample of the same requests first. It takes the place of the plan.

    Raises:
        UsageError: the plan is for a priming request or reuses answers, or the sample does not fit into one batch.
        StorageError: the disk refuses.
    """
    options = replace(plan.options, pilot=size)
    parts, expected = await plan_pilot(workspace, plan.staged, size, options.intake, name=plan.job.name)
    return replace(plan, parts=parts, estimate=expected, whole=expected, options=options)


async def account_to_plan_for(workspace: Workspace) -> Account | None:
    """Learn whose account parts are planned for; None where the API cannot be reached, or is not itself just now.

    Raises:
        CredentialsMissing, Refused: there are none, or they are not accepted: nothing is planned.
    """
    await workspace.gateway()
    try:
        return await workspace.front_account()
    except (AnswerLost, RateLimited):
        return None


async def name_account(workspace: Workspace, keys: Sequence[int]) -> None:
    """Set the account of parts that were planned without one. Raises `GatewayError` where it still cannot be learnt."""
    try:
        account = await workspace.front_account()
    except AnswerLost as error:
        raise Unreachable(error.message, hint=error.hint, status=error.status) from error
    for batch in await workspace.registry.queries.page(keys):
        if not batch.is_reused:
            await workspace.registry.sends.set_account(batch.key, account)


def bound_key(job: str) -> str:
    """Return the key under which the registry keeps the cost below which a job goes on after its pilot, as text."""
    return f"pilot:{job}"


def name_of(sources: Sequence[str]) -> str:
    """Name a job after its first file."""
    first = sources[0]
    if first == "-":
        return "stdin"
    name = PurePath(PurePath(first).name.removesuffix(".gz")).stem or first
    # Commands would take `@last.jsonl` for `@last`, and `-x.jsonl` for an option.
    name = name.lstrip("@-")[:LONGEST_NAME]
    return f"file-{name}" if name_complaint(name) else name
