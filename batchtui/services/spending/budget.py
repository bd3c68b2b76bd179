"""Refuse a submission that would exceed a limit on cost: `enforce_limits`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.costs.cost import NOTHING
from batchtui.domain.errors import CostLimit
from batchtui.services.spending.ledger import midnight
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from decimal import Decimal

    from batchtui.domain.costs.estimate import Estimate
    from batchtui.services.workspace import Workspace


SINGLE, DAILY = "for one submission", "for a day"
"""What limits are called that hold whatever the profile."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit that applies to a submission."""

    what: str
    """What it limits, after "the limit ": `for one submission`, `for a day`."""
    usd: Decimal
    spent: Decimal = NOTHING
    """USD that count towards it already: actual costs, or the upper bound of the estimate."""
    unknown: int = 0
    """Batches of unknown cost, which are not in `spent`."""
    profile: str = ""
    """The profile that it is a limit of; empty for any other."""

    @property
    def remaining(self) -> Decimal:
        """USD that may still be spent."""
        return max(self.usd - self.spent, NOTHING)


async def limits(workspace: Workspace, max_cost: Decimal | None) -> list[Limit]:
    """Return the limits that apply now.

    Args:
        workspace: its settings, registry and profile.
        max_cost: for this submission, as a person said; it goes before the setting, and 0 is a limit, too.
    """
    settings = workspace.settings.submit
    found: list[Limit] = []
    single = settings.max_cost if max_cost is None else max_cost
    if single is not None:
        found.append(Limit(SINGLE, single))
    foreign = settings.count_foreign
    if settings.max_cost_a_day is not None:
        spent, unknown = await workspace.registry.spending.committed(
            midnight(workspace.clock.now()), with_foreign=foreign
        )
        found.append(Limit(DAILY, settings.max_cost_a_day, spent, unknown))
    profile = workspace.profile or ""
    if profile in settings.max_cost_of_profile:
        spent, unknown = await workspace.registry.spending.committed(
            None, profile=workspace.profile, with_foreign=foreign
        )
        found.append(Limit(f"of the profile {profile}", settings.max_cost_of_profile[profile], spent, unknown, profile))
    return found


async def enforce_limits(workspace: Workspace, estimate: Estimate, max_cost: Decimal | None) -> None:
    """Refuse a submission whose upper bound exceeds a limit. Called before anything is kept or sent.

    Raises:
        CostLimit: with the figures; also where the upper bound is unknown.
    """
    at_most = estimate.cost.at_most
    for limit in await limits(workspace, max_cost):
        against = f"the limit {limit.what} is {usd_fine(limit.usd)}"
        if limit.spent:
            against += f", of which {usd_fine(limit.spent)} is spent or in progress"
        if limit.unknown:
            against += f" (without {amount(limit.unknown, 'batch', 'batches')} of unknown cost)"
        if at_most is None:
            why = " ".join(estimate.unbounded) or "There is no estimate."
            raise CostLimit(
                f"The highest possible cost is unknown, and {against}. {why} Nothing was sent.",
                hint="Raise or remove the limit, or set the model's price under [prices] in the settings.",
            )
        if at_most > limit.remaining:
            raise CostLimit(
                f"This may cost up to {usd_fine(at_most)}, and {against}. Nothing was sent.",
                hint="Lower max_tokens, send fewer requests, or raise the limit.",
            )
