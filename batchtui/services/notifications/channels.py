"""What a terminal is sent when there is news: the bell, and desktop notices, as the settings want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text import notices as announcing
from batchtui.text import osc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.domain.notice import Notice
    from batchtui.settings.model import Notify

MOST_AT_ONCE = 3
"""Desktop notices; more news than that is one notice."""


def ringing(notices: Sequence[Notice], notify: Notify, env: Mapping[str, str]) -> str:
    """Return the sequences for these notices: one bell, and a desktop notice for each, or one for many."""
    bell = osc.BELL if notify.bell else ""
    if not notify.desktop:
        return bell
    told = [(announcing.heading(notice), announcing.sentence(notice)) for notice in notices]
    if len(told) > MOST_AT_ONCE:
        told = [announcing.many(notices)]
    return bell + "".join(osc.notice(heading, sentence, env) for heading, sentence in told)
