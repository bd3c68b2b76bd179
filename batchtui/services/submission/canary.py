"""Send one small request of each shape in real time, to learn early what the API refuses: `run_canary`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.domain.costs.cost import NOTHING, total
from batchtui.domain.costs.estimate import Bounds
from batchtui.domain.costs.estimate_history import EstimateHistory
from batchtui.domain.errors import AnswerLost, RateLimited, Refused, SpendLimitReached
from batchtui.domain.limits import LONG_OUTPUT_BETA
from batchtui.domain.submission.canary import CanaryCall, CanaryPlan, CanaryVerdict
from batchtui.intake import CheckedRequest
from batchtui.registry.requests.store import RequestReader
from batchtui.services.estimates.estimate import estimate
from batchtui.services.estimates.request_groups import RequestGrouper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from batchtui.domain.costs.estimate import Estimate
    from batchtui.gateway.protocol import ApiHeaders
    from batchtui.intake import Shape
    from batchtui.services.submission.staging.stage import IntakeOptions, Staged
    from batchtui.services.workspace import Workspace

MOST_WRITTEN = 16
"""Tokens that a canary may write: the verdict is in the status, not in the answer."""
LEAST_BUDGET = 1024
"""The smallest thinking budget that the API takes (documentation of extended thinking)."""
PATIENCE = 180.0
"""Seconds of rate limits that are waited out in all; what is not tried by then is said not to be."""
LEAST_WAIT = 1.0
"""What a wait takes of that patience at least: a limit that says 0 is not asked forever."""
USUAL_WAIT = 5.0
"""Seconds, where a rate limit does not say how long."""
MOST_BYTES = 32_000_000
"""The longest request in real time (documentation of errors: 32 MB); one of a batch may be longer."""
OF_WHO_ASKS = (401, 402)
"""Refusals that say nothing of the request."""
TOO_LARGE = 413
"""Refuses the call in real time, where a batch may accept the request nevertheless."""


def plan_canary(workspace: Workspace, staged: Staged, options: IntakeOptions) -> CanaryPlan:
    """Say which calls would be made, and what they cost at most. Blocking: reads the disk and the price list.

    A shape whose example was too much to keep is read from where the requests are laid aside.
    """
    calls: list[CanaryCall] = []
    left_out: list[str] = []
    with RequestReader(staged.requests.folder, staged.requests.attempt) as reader:
        for shape in staged.report.shapes:
            # Examples are kept up to a size in all; the others still lie on the disk.
            payload = shape.payload or reader.find(shape.custom_id) or b""
            if 0 < len(payload) <= MOST_BYTES:
                calls.append(_call(workspace, replace(shape, payload=payload)))
            else:
                left_out.append(shape.skeleton)
    dropped = tuple(beta for beta in options.betas if beta == LONG_OUTPUT_BETA)
    betas = tuple(beta for beta in options.betas if beta not in dropped)
    at_most = total([call.at_most for call in calls])
    return CanaryPlan(tuple(calls), options.api_version, betas, dropped, tuple(left_out), at_most)


def with_canary(estimate: Estimate, plan: CanaryPlan) -> Estimate:
    """Return an estimate of all that will be spent: a limit holds for the canary, too."""
    at_most = total([estimate.cost.at_most, plan.at_most]) if plan.calls else estimate.cost.at_most
    return replace(estimate, cost=replace(estimate.cost, at_most=at_most))


def only_canary(estimate: Estimate, plan: CanaryPlan) -> Estimate:
    """Return an estimate of what is spent where nothing but the canary is sent."""
    return replace(estimate, cost=Bounds(None, None, plan.at_most if plan.calls else NOTHING))


async def run_canary(
    workspace: Workspace,
    plan: CanaryPlan,
    on_call: Callable[[CanaryCall], None] | None = None,
    on_wait: Callable[[float], None] | None = None,
) -> tuple[CanaryVerdict, ...]:
    """Make the calls one after the other; rate limits are waited out, up to `PATIENCE` in all, and told to `on_wait`.

    Raises:
        CredentialsMissing, SpendLimitReached: no call can be made.
        Refused: the credentials are refused (401, 402), which says nothing of the requests.
        UsageError: the settings say read-only.
    """
    from batchtui.gateway.protocol import ApiHeaders

    workspace.refuse_if_read_only()
    flight = _Flight(workspace, ApiHeaders(plan.api_version, plan.betas), on_wait or (lambda _seconds: None))
    verdicts: list[CanaryVerdict] = []
    for call in plan.calls:
        if on_call:
            on_call(call)
        verdicts.append(await flight.verdict_on(call))
    return tuple(verdicts)


def _call(workspace: Workspace, shape: Shape) -> CanaryCall:
    params: dict[str, Any] = from_json(shape.payload)["params"]
    changed = list(_made_small(params))
    return CanaryCall(
        shape.id, shape.skeleton, shape.custom_id, shape.file, shape.line, params, tuple(changed),
        _at_most(workspace, shape, params),
    )  # fmt: skip


def _made_small(params: dict[str, Any]) -> Iterable[str]:
    """Lower the limits of a request to the least that is allowed; yield what was changed."""
    asked, thinking = params.get("max_tokens"), params.get("thinking")
    room = MOST_WRITTEN
    if isinstance(thinking, dict) and isinstance(budget := thinking.get("budget_tokens"), int):
        room += LEAST_BUDGET
        # max_tokens must exceed the budget, so the budget shrinks with it.
        if budget > LEAST_BUDGET:
            params["thinking"] = {**thinking, "budget_tokens": LEAST_BUDGET}
            yield f"a thinking budget of {LEAST_BUDGET:,} instead of {budget:,}"
    if isinstance(asked, int) and asked > room:
        params["max_tokens"] = room
        yield f"max_tokens {room:,} instead of {asked:,}"


def _at_most(workspace: Workspace, shape: Shape, params: dict[str, Any]) -> Decimal | None:
    weighed, tokens = RequestGrouper(), params.get("max_tokens")
    weighed.add(
        1, [CheckedRequest(1, shape.custom_id, shape.payload, shape.file, shape.line, shape.model, tokens, shape.id)]
    )
    day = workspace.clock.now().date()
    return estimate(weighed.loads(), [shape], EstimateHistory(), day, workspace.prices).standard.at_most


class _Flight:
    """Makes one call after the other, with what has to be waited out in all. It plans nothing."""

    def __init__(self, workspace: Workspace, dialect: ApiHeaders, on_wait: Callable[[float], None]) -> None:
        self._workspace, self._dialect, self._on_wait = workspace, dialect, on_wait
        self._patience = PATIENCE

    async def verdict_on(self, call: CanaryCall) -> CanaryVerdict:
        """Make one call, and say what came of it."""
        gateway = await self._workspace.gateway()
        while True:
            try:
                message = await gateway.message(call.params, self._dialect)
            except SpendLimitReached:
                raise
            except RateLimited as error:
                if not await self._waited(USUAL_WAIT if error.retry_after is None else error.retry_after):
                    return CanaryVerdict(call, error.status, error.message, is_refused=False)
            except Refused as error:
                if error.status in OF_WHO_ASKS:
                    raise
                # Every other 4xx would come back as an errored result for each request of the shape, hours later.
                return CanaryVerdict(call, error.status, error.message, is_refused=error.status != TOO_LARGE)
            except AnswerLost as error:
                return CanaryVerdict(call, error.status, error.message, is_refused=False)
            else:
                return CanaryVerdict(call, None, "", is_refused=False, input_tokens=_counted(message))

    async def _waited(self, seconds: float) -> bool:
        self._patience -= max(seconds, LEAST_WAIT)
        if self._patience < 0:
            return False
        self._on_wait(seconds)
        await self._workspace.clock.sleep(seconds)
        return True


def _counted(message: bytes) -> int | None:
    usage = from_json(message).get("usage")
    counted = usage.get("input_tokens") if isinstance(usage, dict) else None
    return counted if isinstance(counted, int) else None
