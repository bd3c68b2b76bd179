"""Plan the next turn of every conversation of a job that is not finished, and send it: `plan_continue`.

The next turn is the next attempt of the job, with the same custom_ids. What a retry sends again after a failed turn is
the continued request, as both read what was last sent.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.errors import NothingToContinue, StorageError, UnknownTarget
from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS
from batchtui.domain.results.result import Outcome
from batchtui.registry.results.merge import MergedResults
from batchtui.runtime.threads import run_cancellable
from batchtui.services.estimates.estimate import estimate
from batchtui.services.estimates.request_groups import RequestGrouper
from batchtui.services.retry.conversations.ended_turn import CannotContinue, EndedTurn, ToolOutput, TruncationChoice
from batchtui.services.retry.conversations.limits import ConversationLimits, effective_limits, job_spending
from batchtui.services.retry.conversations.next_turns import NextTurns
from batchtui.services.retry.conversations.tool_runs import INTERRUPTED, CallJournal, PendingCall, load_journal
from batchtui.services.retry.conversations.unfinished import find_unfinished
from batchtui.services.retry.next_attempt import send_attempt
from batchtui.services.retry.preconditions import refuse_unkept, refuse_unready
from batchtui.services.retry.unresolved import is_saved
from batchtui.services.submission.staging.check_pass import write_block
from batchtui.services.submission.staging.stage import IntakeOptions, build_check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job, PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.estimate_history import EstimateHistory
    from batchtui.intake import CheckOptions
    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.requests.writer import StagedRequests
    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.conversations.limits import JobSpending
    from batchtui.services.retry.conversations.tools import Tool
    from batchtui.services.retry.conversations.unfinished import OpenConversation, Unfinished
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace

_NOT_RUN_YET = ToolOutput("(the result of this tool call)")
"""Takes the place of a result in the requests that a plan weighs before its tools are run."""


@dataclass(frozen=True, slots=True)
class ContinueOptions:
    """What a person chooses for the next turns."""

    tools: Mapping[str, Tool] = field(default_factory=dict)
    """The tools that may be run, by name."""
    rerun_tools: bool = False
    """Run calls again that were started and never finished."""
    limits: ConversationLimits = field(default_factory=ConversationLimits)
    """How far the conversations may go; what is None was said before, or is the default."""
    truncation: TruncationChoice = field(default_factory=TruncationChoice)
    custom_ids: frozenset[str] | None = None
    """Nothing but these conversations; None for all."""
    allowed_models: tuple[str, ...] = ()
    """Models that are sent even where they are known to be retired or to refuse the request."""
    max_requests: int = MAX_REQUESTS
    """Requests in one part at most."""
    max_bytes: int = MAX_BODY_BYTES
    """Bytes in the body of one part at most."""


@dataclass(frozen=True, slots=True)
class LeftConversations:
    """Conversations that are not continued, all for the same reason."""

    why: str
    count: int
    example: str
    """custom_id of one of them."""


@dataclass(frozen=True, slots=True)
class ContinuePlan:
    """The next turn. Its requests are staged until the plan is applied or discarded."""

    job: Job
    attempt: int
    parts: tuple[PartPlan, ...]
    staged: StagedRequests
    models: tuple[str, ...]
    """What will be asked for, the most used first."""
    kinds: Mapping[str, int]
    """How many conversations go on after what: an outcome, or `repeated` for failed turns that are asked for again."""
    pending: tuple[PendingCall, ...]
    """Tool calls that have to be run first. While there are any, the plan cannot be sent: run them, and plan again."""
    left: tuple[LeftConversations, ...]
    """Conversations that are not continued, the largest group first."""
    ended: int
    """Conversations that have come to their end."""
    failed: int
    """Requests that failed: `retry` sends them again."""
    estimate: Estimate
    """What this turn will cost."""
    spent: JobSpending
    """What the turns so far have cost."""
    limits: ConversationLimits
    """The limits that hold, those that were said before among them."""

    @property
    def requests(self) -> int:
        """How many conversations go on."""
        return self.staged.requests

    @property
    def interrupted(self) -> int:
        """Conversations that are left because a tool call was started and never finished."""
        return sum(group.count for group in self.left if group.why == INTERRUPTED)


async def plan_continue(workspace: Workspace, target: Target, options: ContinueOptions) -> ContinuePlan:
    """Return the next turn of the conversations of a job, or of one batch of it. Nothing is run or sent.

    Raises:
        ResultsUnavailable: results that will come are not saved yet.
        UsageError: parts are not sent yet, or the requests are not kept here.
        NothingToContinue: all have ended, or the others cannot be continued.
        StorageError: where the disk refuses.
    """
    refuse_unkept(workspace, target)
    # The SDK is imported while the plan is made; sending needs it next.
    workspace.warm_up()
    registry = workspace.registry
    job = target.job or await registry.jobs.get(target.batches[0].job)
    if job is None:
        raise UnknownTarget(f"There is no job of {target.named}.")
    batches = await registry.queries.of_job(job.id)
    # Always all of the job: a turn is known to be the last one only when every later attempt is.
    refuse_unready(workspace, batches, None)
    limits = await effective_limits(workspace, job, options.limits)
    limits.refuse_too_old(job, workspace.clock.now())
    journal = await load_journal(workspace, job.id)
    check = await build_check_options(workspace, _intake(options, job))
    history = await registry.estimate_history.history(job.name)
    spent = job_spending(batches)
    within = None if target.job else target.batches[0]

    def work(tell: Callable[[int], None]) -> ContinuePlan:
        return _Planning(workspace, job, batches, within, options, limits, journal, check, history, spent, tell).run()

    return await run_cancellable(work, let_go=partial(discard, workspace))


def discard(workspace: Workspace, plan: ContinuePlan) -> None:
    """Remove the staged requests of a plan."""
    workspace.registry.requests.discard(plan.staged)


async def apply_continue(
    workspace: Workspace, plan: ContinuePlan, on_event: Callable[[SendEvent], None] | None = None
) -> Submitted:
    """Send the next turn, each request once. What was said of limits is kept with the job.

    Raises:
        UsageError: another process has sent the next attempt meanwhile; nothing was sent.
        CostLimit: the job may cost more than its limit or one of the settings allows; nothing was sent.
        CredentialsMissing, Refused, SpendLimitReached, Unreachable: nothing of the part was created; it stays planned.
    """
    assert not plan.pending, "its tools have to be run first"
    workspace.refuse_if_read_only()
    await plan.limits.keep(workspace, plan.job)
    return await send_attempt(workspace, plan, on_event, max_cost=plan.limits.remaining(plan.spent))


class _Planning:
    """Makes one plan, in a thread."""

    def __init__(
        self,
        workspace: Workspace,
        job: Job,
        batches: Sequence[Batch],
        within: Batch | None,
        options: ContinueOptions,
        limits: ConversationLimits,
        journal: CallJournal,
        check: CheckOptions,
        history: EstimateHistory,
        spent: JobSpending,
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
        self._limits = limits
        self._journal = journal
        self._check = check
        self._history = history
        self._spent = spent
        self._weighed = RequestGrouper()
        self._pending: list[PendingCall] = []
        self.attempt = max(batch.attempt for batch in batches) + 1

    def run(self) -> ContinuePlan:
        """Find what is not finished, make the requests of the next turn, and lay them aside."""
        saved = [batch for batch in self._batches if is_saved(self._registry, batch)]
        with ExitStack() as stack:
            merged = stack.enter_context(MergedResults(saved, self._registry.results, self._registry.requests))
            found = find_unfinished(self._registry, merged, self._batches, self._within, self._options.custom_ids)
            readers = self._readers(stack)
            turns = NextTurns(
                readers, self._batches, self._check, merged, found.open, self._results_of, self._options.truncation
            )
            chosen = self._choose(found, turns)
            staged = self._lay_aside(chosen, turns)
        left = tuple(LeftConversations(why, count, turns.examples[why]) for why, count in turns.left.most_common())
        if not staged.requests:
            self._registry.requests.discard(staged)
            raise _nothing_to_continue(self._job, found, left)
        models = tuple(model for model, _ in turns.models.most_common() if model)
        return ContinuePlan(
            self._job, self.attempt, staged.parts, staged, models, dict(turns.kinds), tuple(self._pending), left,
            found.ended, found.failed,
            estimate(self._weighed.loads(), turns.shapes, self._history, self._check.today, self._prices),
            self._spent, self._limits,
        )  # fmt: skip

    def _choose(self, found: Unfinished, turns: NextTurns) -> set[str]:
        """Return the conversations that go on; note why the others do not."""
        chosen: set[str] = set()
        for custom_id in found.open:
            if found.turns[custom_id] >= self._limits.turns:
                turns.leave(custom_id, f"it has had {self._limits.turns} turns (--max-turns)")
            else:
                chosen.add(custom_id)
        return chosen

    def _results_of(self, custom_id: str, conversation: OpenConversation, turn: EndedTurn) -> Sequence[ToolOutput]:
        """Return the results of a turn's tool calls, as far as they are known; note those that are to be run.

        Raises:
            CannotContinue: a tool is not allowed, or a call was begun and nobody knows how it ended.
        """
        # Of a truncated answer no tool is run: its last call may lack half of its input.
        if conversation.outcome is Outcome.TRUNCATED:
            return ()
        calls = turn.calls
        unknown = sorted({call.name for call in calls if call.name not in self._options.tools})
        results: list[ToolOutput] = []
        pending: list[PendingCall] = []
        for call in calls:
            known = self._journal.result(conversation.attempt, custom_id, call.id)
            if known is None and call.name in unknown:
                raise CannotContinue(f'it calls the tool "{call.name[:60]}", which is not allowed (--tool)')
            if known is None:
                self._journal.refuse_begun(conversation.attempt, custom_id, call.id, rerun=self._options.rerun_tools)
                pending.append(PendingCall(conversation.attempt, custom_id, call))
            results.append(known or _NOT_RUN_YET)
        self._pending += pending
        return results

    def _readers(self, stack: ExitStack) -> dict[int, RequestReader]:
        """Open the requests of all attempts. Those of the first are needed, for the order of the input."""
        readers: dict[int, RequestReader] = {}
        attempts = sorted({batch.attempt for batch in self._batches})
        for attempt in attempts:
            try:
                readers[attempt] = stack.enter_context(self._registry.requests.reader(self._job.id, attempt))
            except StorageError:
                # A later turn without its request cannot be continued: the conversation in it is gone.
                if attempt == attempts[0] or self._was_heard(attempt):
                    raise
        return readers

    def _was_heard(self, attempt: int) -> bool:
        return any(batch.attempt == attempt and is_saved(self._registry, batch) for batch in self._batches)

    def _lay_aside(self, chosen: set[str], turns: NextTurns) -> StagedRequests:
        """Write the requests of the next turn, in the order of the input."""
        from batchtui.intake import PartCutter

        cutter = PartCutter(self._options.max_requests, self._options.max_bytes)
        writer = self._registry.requests.writer(self.attempt)
        try:
            for block in turns.blocks(chosen):
                write_block(writer, cutter, block, self._weighed)
                self._tell(len(block))
        except BaseException:
            writer.discard()
            raise
        return writer.finish()


def _nothing_to_continue(job: Job, found: Unfinished, left: Sequence[LeftConversations]) -> NothingToContinue:
    """Return why nothing goes on."""
    said = [f"{group.count:,} cannot: {group.why}" for group in left]
    if found.awaited:
        said.append(f"{found.awaited:,} were sent and have no result here")
    if found.failed:
        said.append(f"{found.failed:,} failed")
    if not said:
        return NothingToContinue(f"All {found.ended:,} conversations of {job.name} have ended.")
    hint = ""
    if any("--tool" in group.why for group in left):
        hint = "`--tool NAME=COMMAND` allows a tool; `batchtui help continue` says how it is run."
    elif found.failed and not left:
        hint = f"`batchtui retry {job.id}` sends the failed ones again."
    nothing = NothingToContinue(f"Nothing to continue in {job.name}: {'; '.join(said)}.", hint=hint)
    nothing.interrupted = sum(group.count for group in left if group.why == INTERRUPTED)
    nothing.has_open = bool(left or found.awaited)
    return nothing


def _intake(options: ContinueOptions, job: Job) -> IntakeOptions:
    return IntakeOptions(
        None, None, options.max_requests, options.max_bytes, job.api_version, job.betas, options.allowed_models
    )
