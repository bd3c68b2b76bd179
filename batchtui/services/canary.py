"""Sending one request of each shape in real time, allowed to write little: the server says early what it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.domain.canary import CanaryCall, CanaryPlan, CanaryVerdict
from batchtui.domain.cost import total
from batchtui.domain.errors import AnswerLost, RateLimited, Refused, SpendLimitReached
from batchtui.domain.limits import LONG_OUTPUT_BETA
from batchtui.intake import CheckedRequest
from batchtui.services.estimate import estimate
from batchtui.services.loads import LoadCounter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from batchtui.gateway.protocol import Dialect
    from batchtui.intake import Shape
    from batchtui.services.staging import IntakeOptions
    from batchtui.services.workspace import Workspace

MOST_WRITTEN = 16
"""Tokens that a canary may write: the verdict is in the status, not in the answer."""
LEAST_BUDGET = 1024
"""The smallest thinking budget that the API takes (documentation of extended thinking)."""
MOST_WAITS = 5
"""Rate limits that are waited out for one call."""
USUAL_WAIT = 5.0
"""Seconds, where a rate limit does not say how long."""


def plan_canary(workspace: Workspace, shapes: Iterable[Shape], options: IntakeOptions) -> CanaryPlan:
    """Say which calls would be made, and what they cost at most. Blocking: the price list may have to be read."""
    calls = tuple(_call(workspace, shape) for shape in shapes if shape.payload)
    left_out = tuple(shape.skeleton for shape in shapes if not shape.payload)
    dropped = tuple(beta for beta in options.betas if beta == LONG_OUTPUT_BETA)
    betas = tuple(beta for beta in options.betas if beta not in dropped)
    return CanaryPlan(calls, options.api_version, betas, dropped, left_out, total([call.at_most for call in calls]))


async def fly_canary(
    workspace: Workspace, plan: CanaryPlan, on_verdict: Callable[[CanaryVerdict], None] | None = None
) -> tuple[CanaryVerdict, ...]:
    """Make the calls one after the other; rate limits are waited out.

    Raises:
        CredentialsMissing, SpendLimitReached: no call can be made.
        UsageError: the settings say read-only.
    """
    from batchtui.gateway.protocol import Dialect

    workspace.refuse_if_read_only()
    dialect = Dialect(plan.api_version, plan.betas)
    verdicts: list[CanaryVerdict] = []
    for call in plan.calls:
        verdict = await _fly(workspace, call, dialect)
        verdicts.append(verdict)
        if on_verdict:
            on_verdict(verdict)
    return tuple(verdicts)


def _call(workspace: Workspace, shape: Shape) -> CanaryCall:
    params: dict[str, Any] = from_json(shape.payload)["params"]
    changed = list(_made_small(params))
    return CanaryCall(
        shape.id, shape.skeleton, shape.custom_id, shape.file, shape.line, params, tuple(changed),
        _at_most(workspace, shape, params),
    )  # fmt: skip


def _made_small(params: dict[str, Any]) -> Iterable[str]:
    """Let the request write as little as it may; yield what was changed."""
    asked, thinking = params.get("max_tokens"), params.get("thinking")
    room = MOST_WRITTEN
    if isinstance(thinking, dict) and isinstance(budget := thinking.get("budget_tokens"), int):
        room += LEAST_BUDGET
        if budget > LEAST_BUDGET:
            params["thinking"] = {**thinking, "budget_tokens": LEAST_BUDGET}
            yield f"a thinking budget of {LEAST_BUDGET:,} instead of {budget:,}"
    if isinstance(asked, int) and asked > room:
        params["max_tokens"] = room
        yield f"max_tokens {room:,} instead of {asked:,}"


def _at_most(workspace: Workspace, shape: Shape, params: dict[str, Any]) -> Decimal | None:
    weighed, tokens = LoadCounter(), params.get("max_tokens")
    weighed.add(
        1, [CheckedRequest(1, shape.custom_id, shape.payload, shape.file, shape.line, shape.model, tokens, shape.id)]
    )
    day = workspace.clock.now().date()
    return estimate(weighed.loads(), [shape], {}, day, workspace.prices).standard.at_most


async def _fly(workspace: Workspace, call: CanaryCall, dialect: Dialect) -> CanaryVerdict:
    gateway = await workspace.gateway()
    for _ in range(MOST_WAITS):
        try:
            message = await gateway.message(call.params, dialect)
            return CanaryVerdict(call, None, "", is_refused=False, input_tokens=_counted(message))
        except SpendLimitReached:
            raise
        except RateLimited as error:
            wait = USUAL_WAIT if error.retry_after is None else error.retry_after
            await workspace.clock.sleep(wait)
        except Refused as error:
            return CanaryVerdict(call, error.status, error.message, is_refused=True)
        except AnswerLost as error:
            return CanaryVerdict(call, error.status, error.message, is_refused=False)
    return CanaryVerdict(call, 429, "The API has too much to do to try it now.", is_refused=False)


def _counted(message: bytes) -> int | None:
    usage = from_json(message).get("usage")
    counted = usage.get("input_tokens") if isinstance(usage, dict) else None
    return counted if isinstance(counted, int) else None
