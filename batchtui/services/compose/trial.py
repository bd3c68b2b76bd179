"""Send the request of one row to the real-time API, at the full price, and read the answer: `run_trial`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.domain.errors import InputError
from batchtui.intake import CheckedRequest
from batchtui.services.estimates.estimate import estimate_requests
from batchtui.services.estimates.request_groups import RequestGrouper

if TYPE_CHECKING:
    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.results.parsed_result import ParsedResult
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """The one call that will be made."""

    custom_id: str
    params: dict[str, Any]
    request: bytes
    """As a batch would carry it."""
    estimate: Estimate
    """Its `standard` is what it costs: the discount is for batches."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a trial call."""

    plan: TrialPlan
    raw: bytes
    """A line as the results of a batch have it."""
    cost: Cost | None
    """None where the model's price is not known."""


async def plan_trial(workspace: Workspace, request: bytes) -> TrialPlan:
    """Return the plan of a trial call: the params as sent, and its cost at most.

    Raises:
        InputError: there is no request.
    """
    if not request:
        raise InputError("This row cannot be sent as it is.", hint="Its problems are listed below the request.")
    said = from_json(request)
    custom_id, params = said["custom_id"], said["params"]
    weighed = RequestGrouper()
    tokens = params.get("max_tokens") if isinstance(params.get("max_tokens"), int) else None
    weighed.add(1, [CheckedRequest(1, custom_id, request, "", 1, params.get("model"), tokens, 1)])
    return TrialPlan(custom_id, params, request, await estimate_requests(workspace, weighed.loads(), ()))


async def run_trial(workspace: Workspace, plan: TrialPlan) -> Trial:
    """Make the call once and return the answer. The call is billed.

    Raises:
        UsageError: the settings say read-only.
        CredentialsMissing, GatewayError: there are no credentials, or the API refuses or does not answer.
    """
    from batchtui.gateway.protocol import ApiHeaders
    from batchtui.results.parsed_result import parse_result

    workspace.refuse_if_read_only()
    message = from_json(await (await workspace.gateway()).message(plan.params, ApiHeaders()))
    result = {"type": "succeeded", "message": message}
    # As a line of results, so that the same code reads and shows it.
    raw = json.dumps({"custom_id": plan.custom_id, "result": result}, ensure_ascii=False).encode("utf-8", "replace")
    return Trial(plan, raw, _cost(workspace, parse_result(raw)))


def _cost(workspace: Workspace, answer: ParsedResult) -> Cost | None:
    day = workspace.clock.now().date()
    # By the model that answered: an alias may stand for a dated one with its own price.
    prices = workspace.prices.prices_of(answer.reading.model or "", day, batch=False)
    return prices.rates(answer.usage.total_input).cost(answer.usage) if prices else None
