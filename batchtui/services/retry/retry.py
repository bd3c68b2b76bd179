"""Plan which requests of a job go out again, and send them as its next attempt: `plan_retry`, `apply_retry`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.errors import InputError, NothingToRetry, StorageError, UnknownTarget
from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.domain.results.mark import ReviewVerdict
from batchtui.domain.results.result import Outcome
from batchtui.results.failure_groups import SuggestedAction
from batchtui.runtime.threads import run_cancellable
from batchtui.services.estimates.estimate import estimate
from batchtui.services.estimates.request_groups import RequestGrouper
from batchtui.services.retry import unresolved
from batchtui.services.retry.next_attempt import send_attempt
from batchtui.services.retry.preconditions import (
    nothing_to_retry,
    refuse_paused,
    refuse_unkept,
    refuse_unknown_words,
    refuse_unready,
)
from batchtui.services.retry.unresolved import MISSING, REJECTED, FailureChoice
from batchtui.services.submission.staging.check_pass import write_block
from batchtui.services.submission.staging.stage import IntakeOptions, build_check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job, PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.estimate_history import EstimateHistory
    from batchtui.domain.submission.problem import Problem
    from batchtui.intake import CheckOptions, PartCutter
    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.requests.writer import RequestWriter, StagedRequests
    from batchtui.results.failure_groups import FailureGroup, Kind
    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.requests import RetryRequests
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """What a person chooses for a retry."""

    only: frozenset[str] = frozenset()
    """Outcomes, types of errors, `missing`, or `rejected` (in a review). With no group either: what is worth sending
    again as it is, and with `max_tokens` also what was truncated."""
    groups: frozenset[Kind] = frozenset()
    """Kinds of failures (`FailureGroup.kind`), besides what `only` names."""
    custom_ids: frozenset[str] | None = None
    """Nothing but these requests; None for all. With neither `only` nor `groups` all of them that have not succeeded:
    a request that is named is sent, whatever its failure."""
    model: str | None = None
    """Replaces the model of every request that is sent again."""
    max_tokens: int | None = None
    """Replaces max_tokens of every request that is sent again."""
    allowed_models: tuple[str, ...] = ()
    """Models that are sent even where they are known to be retired or to refuse the request."""
    max_requests: int = MAX_REQUESTS
    """Requests in one part at most."""
    max_bytes: int = MAX_BODY_BYTES
    """Bytes in the body of one part at most."""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What will be sent again. Its requests are staged until the plan is applied or discarded."""

    job: Job
    attempt: int
    parts: tuple[PartPlan, ...]
    staged: StagedRequests
    changed: int
    """Requests that go out with another model or max_tokens than they were last sent with."""
    models: tuple[str, ...]
    """What will be asked for, the most used first."""
    warnings: tuple[Problem, ...]
    """What a check says of the changed requests; none of it forbids sending them."""
    failed: tuple[FailureChoice, ...]
    """All kinds of failure, also those that are not sent again."""
    succeeded: int
    rejected: int
    """Requests that are sent again because a reviewer has rejected their answer."""
    missing: int
    """Requests without a result, now or ever."""
    away: int
    """Requests of batches that the API does not show: they are not sent again."""
    estimate: Estimate
    """What sending them will cost."""

    @property
    def requests(self) -> int:
        """How many requests will be sent."""
        return self.staged.requests


async def plan_retry(workspace: Workspace, target: Target, options: RetryOptions) -> RetryPlan:
    """Return what of a job, or of one batch of it, would be sent again. Nothing is sent; apply or discard the plan.

    For each custom_id the latest success over all attempts counts, else the latest outcome: what has succeeded
    anywhere in the job is never sent again.

    Raises:
        ResultsUnavailable: results that will come are not saved yet, so the failed requests are not known.
        UsageError: parts are not sent yet, or the requests are not kept here.
        NothingToRetry: all has succeeded, or the rest would fail again and was not named.
        InputError: with another model or max_tokens the requests are wrong.
        StorageError: where the disk refuses.
    """
    refuse_paused(options.only, options.groups)
    refuse_unkept(workspace, target)
    # The SDK is imported while the plan is made; sending needs it next.
    workspace.warm_up()
    job = target.job or await workspace.registry.jobs.get(target.batches[0].job)
    if job is None:
        raise UnknownTarget(f"There is no job of {target.named}.")
    batches = await workspace.registry.queries.of_job(job.id)
    # One batch named: only its requests, although later attempts of the job decide what has succeeded.
    within = None if target.job else target.batches[0]
    refuse_unready(workspace, batches, within)
    check = await build_check_options(workspace, _intake(options, job))
    history = await workspace.registry.estimate_history.history(job.name)
    marks = await workspace.registry.marks.of_job(job.id) if REJECTED in options.only else ()
    # What was said of an earlier answer says nothing of the one that a retry has brought.
    rejected = frozenset(
        mark.custom_id for mark in marks if mark.verdict is ReviewVerdict.REJECTED and not mark.is_stale
    )

    def work(tell: Callable[[int], None]) -> RetryPlan:
        return _Planning(workspace, job, batches, within, options, rejected, check, history, tell).run()

    return await run_cancellable(work, let_go=partial(discard, workspace))


def discard(workspace: Workspace, plan: RetryPlan) -> None:
    """Remove the staged requests of a plan."""
    workspace.registry.requests.discard(plan.staged)


async def apply_retry(
    workspace: Workspace,
    plan: RetryPlan,
    on_event: Callable[[SendEvent], None] | None = None,
    *,
    max_cost: Decimal | None = None,
) -> Submitted:
    """Commit the plan as the next attempt of its job, then send its parts in order, each once.

    What a lost answer, a long rate limit or a full queue leaves open comes back as it stands, as from a submission.

    Raises:
        UsageError: another process has tried the job again since the plan was made; nothing was sent.
        CostLimit: it may cost more than `max_cost` or a limit of the settings allows; nothing was sent.
        CredentialsMissing, Refused, SpendLimitReached, Unreachable: nothing of the part was created; it stays planned.
    """
    return await send_attempt(workspace, plan, on_event, max_cost=max_cost)


class _Planning:
    """Makes one plan, in a thread."""

    def __init__(
        self,
        workspace: Workspace,
        job: Job,
        batches: Sequence[Batch],
        within: Batch | None,
        options: RetryOptions,
        rejected: frozenset[str],
        check: CheckOptions,
        history: EstimateHistory,
        tell: Callable[[int], None],
    ) -> None:
        """`tell`: is called with the number of requests looked at in each step."""
        self._tell = tell
        self._registry = workspace.registry
        self._prices = workspace.prices
        self._job = job
        self._batches = batches
        self._within = within
        self._options = options
        self._rejected = rejected
        self._check = check
        self._history = history
        self._weighed = RequestGrouper()
        self._choices: dict[Kind, bool] = {}
        self.attempt = max(batch.attempt for batch in batches) + 1

    def run(self) -> RetryPlan:
        """Choose the requests, change them where that is wanted, and lay them aside."""
        with ExitStack() as stack:
            attempts = sorted({batch.attempt for batch in self._batches})
            readers = {attempt: reader for attempt in attempts if (reader := self._reader(stack, attempt))}
            self._latest = unresolved.latest_requests(readers, self._batches)
            found = unresolved.find_unresolved(
                self._registry,
                self._batches,
                self._within,
                self._chooses,
                helps=self._helps,
                custom_ids=self._options.custom_ids,
                rejected=self._rejected,
                with_missing=MISSING in self._options.only,
            )
            found.failed = tuple(map(self._with_new_limit, found.failed))
            refuse_unknown_words(self._options.only, found)
            if not found.chosen:
                raise nothing_to_retry(
                    self._job, found, self._options.custom_ids, was_rejected_asked=self._options.only == {REJECTED}
                )
            staged, resending = self._lay_aside(found.chosen, readers)
        if not staged.requests:
            self._registry.requests.discard(staged)
            raise NothingToRetry(f"The failed requests of {self._job.name} are not stored.")
        models = tuple(model for model, _ in resending.models.most_common() if model)
        return RetryPlan(
            self._job, self.attempt, staged.parts, staged, resending.changed, models, resending.problems, found.failed,
            found.succeeded, found.rejected, found.missing, found.away,
            estimate(self._weighed.loads(), resending.shapes, self._history, self._check.today, self._prices),
        )  # fmt: skip

    def _with_new_limit(self, failed: FailureChoice) -> FailureChoice:
        is_raised = (failed.is_chosen or failed.not_raised) and failed.group.advice.action is SuggestedAction.RAISE
        return replace(failed, max_tokens=self._options.max_tokens) if is_raised else failed

    def _helps(self, group: FailureGroup, custom_id: str) -> bool:
        """Return whether a request that was truncated gets a higher limit, unless it was asked for by name."""
        limit, options = self._options.max_tokens, self._options
        is_asked_for = options.only or options.groups or options.custom_ids is not None
        if limit is None or is_asked_for or group.advice.action is not SuggestedAction.RAISE:
            return True
        facts = self._latest(custom_id).facts(custom_id)
        return facts is None or facts.max_tokens is None or facts.max_tokens < limit

    def _chooses(self, group: FailureGroup) -> bool:
        """Return whether requests of this kind of failure are sent again."""
        choice = self._choices.get(group.kind)
        if choice is None:
            only, groups = self._options.only, self._options.groups
            if group.outcome is Outcome.PAUSED:
                choice = False  # it has to be continued: the original request would start over
            elif self._options.custom_ids is not None and not (only or groups):
                choice = True
            elif only or groups:
                choice = group.kind in groups or group.outcome in only or group.error_type in only
            else:
                choice = unresolved.is_worth_it(group, with_max_tokens=self._options.max_tokens is not None)
            self._choices[group.kind] = choice
        return choice

    def _reader(self, stack: ExitStack, attempt: int) -> RequestReader | None:
        """Open the requests of an attempt; those of a later one can be missing, those of the first cannot."""
        try:
            return stack.enter_context(self._registry.requests.reader(self._job.id, attempt))
        except StorageError:
            # A later attempt holds copies only: of what cannot be read there, the first attempt has the original
            # request.
            if attempt == min(batch.attempt for batch in self._batches):
                raise
            return None

    def _lay_aside(self, chosen: set[str], readers: dict[int, RequestReader]) -> tuple[StagedRequests, RetryRequests]:
        """Write the chosen requests, in the order of the input."""
        from batchtui.intake import PartCutter
        from batchtui.services.retry.requests import RetryRequests

        resending = RetryRequests(readers, self._batches, self._check)
        writer = self._registry.requests.writer(self.attempt)
        try:
            self._write(writer, resending, chosen, PartCutter(self._options.max_requests, self._options.max_bytes))
        except BaseException:
            writer.discard()
            raise
        return writer.finish(), resending

    def _write(self, writer: RequestWriter, resending: RetryRequests, chosen: set[str], cutter: PartCutter) -> None:
        for block in resending.blocks(chosen):
            # After the first error only the check goes on, so that all errors are named at once.
            if not resending.errors:
                write_block(writer, cutter, block, self._weighed)
            self._tell(len(block))
        if resending.errors:
            raise InputError(
                f"{resending.errors:,} errors in the changed requests. Nothing was sent.",
                hint="Try another --model or --max-tokens, or none.",
                problems=resending.problems,
            )


def _intake(options: RetryOptions, job: Job) -> IntakeOptions:
    return IntakeOptions(
        options.model, options.max_tokens, options.max_requests, options.max_bytes, job.api_version, job.betas,
        options.allowed_models,
    )  # fmt: skip
