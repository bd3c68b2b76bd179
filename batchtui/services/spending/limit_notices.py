"""Make a notice when 80, 90 and 100 % of a limit on cost are reached: `create_limit_notices`.

Each is made once a day, however many processes look; of several shares that are reached at once only the largest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.notice import LIMIT_PERCENTS, LimitShare, NoticeKind
from batchtui.services.spending.budget import DAILY, limits
from batchtui.text.money import usd_fine
from batchtui.text.sentences.notices import limit_words

if TYPE_CHECKING:
    from batchtui.services.spending.budget import Limit
    from batchtui.services.workspace import Workspace


async def create_limit_notices(workspace: Workspace) -> int:
    """Make the notices that are due, and note each in the journal. Returns how many were made."""
    settings = workspace.settings.submit
    # Adding up what is spent reads every batch of the day: not for people who have set no limit.
    if settings.max_cost_a_day is None and (workspace.profile or "") not in settings.max_cost_of_profile:
        return 0
    made = 0
    for limit in await limits(workspace, None):
        # The limit of a single submission is enforced when it is planned; nothing adds up towards it.
        if limit.usd > 0 and (limit.profile or limit.what == DAILY):
            made += await _create(workspace, limit)
    return made


async def _create(workspace: Workspace, limit: Limit) -> bool:
    reached = [percent for percent in LIMIT_PERCENTS if limit.spent * 100 >= limit.usd * percent]
    if not reached:
        return False
    day = f"{workspace.clock.now().astimezone():%Y-%m-%d}"
    larger = [percent for percent in LIMIT_PERCENTS if percent >= reached[-1]]
    shares = [LimitShare(day, limit.profile, limit.usd, percent) for percent in larger]
    notices = workspace.registry.notices
    # What is spent may sink again when a batch costs less than it might have: a larger share was told already.
    if await notices.made(NoticeKind.LIMIT_NEAR, [share.subject for share in shares]):
        return False
    newest = await workspace.registry.queries.select(BatchQuery(limit=1))
    if not newest or not await notices.make(NoticeKind.LIMIT_NEAR, newest[0].key, shares[0].subject):
        return False
    await workspace.registry.journal.record(
        workspace.clock.now(), "limit.near", job=newest[0].job, key=newest[0].key, batch_id=newest[0].id,
        reason=f"{limit_words(shares[0])}; {usd_fine(limit.spent)} is spent or in progress",
    )  # fmt: skip
    return True
