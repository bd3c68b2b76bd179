"""Make the channels that the settings ask for: terminal, commands, webhook: `channels`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.services.notifications import hooks
from batchtui.text import osc
from batchtui.text.sentences import notices as notice_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from batchtui.domain.notice import Notice
    from batchtui.services.workspace import Workspace
    from batchtui.settings.model import Notify

MOST_AT_ONCE = 3
"""Desktop notices; more news than that is one notice."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way of delivering notices. Of all processes with a channel of this name, one delivers each notice."""

    name: str
    tell: Callable[[Sequence[Notice]], Awaitable[None]]
    """Delivers the notices; raises `BatchtuiError` where it cannot."""
    at_once: bool = False
    """Whether it takes several notices at once; other channels get them one by one."""


def terminal(say: Callable[[Sequence[Notice]], None]) -> Channel:
    """Return the channel that rings a terminal: one of all that are open."""

    async def tell(notices: Sequence[Notice]) -> None:
        say(notices)

    return Channel("terminal", tell, at_once=True)


def command(argv: Sequence[str], *, timeout: float, with_credentials: bool = False) -> Channel:
    """Return the channel that runs a command with the batch as JSON on its standard input."""

    async def tell(notices: Sequence[Notice]) -> None:
        for notice in notices:
            await hooks.run(
                argv, notice_words.notice_document(notice), timeout=timeout, with_credentials=with_credentials
            )

    # Two commands are two channels. Only a digest is stored: arguments may hold a secret.
    return Channel(f"command {hashlib.sha256(json.dumps(list(argv)).encode()).hexdigest()[:16]}", tell)


def webhook(workspace: Workspace, url: str) -> Channel:
    """Return the channel that posts the batch as JSON to an address."""

    async def tell(notices: Sequence[Notice]) -> None:
        from batchtui.gateway.webhook import post

        for notice in notices:
            await post(url, notice_words.notice_document(notice), workspace.clock)

    return Channel(f"webhook {hashlib.sha256(url.encode()).hexdigest()[:16]}", tell)


def channels(
    workspace: Workspace,
    *,
    say: Callable[[Sequence[Notice]], None] | None = None,
    also: Sequence[Sequence[str]] = (),
) -> list[Channel]:
    """The channels that the settings ask for; a terminal where there is one, and further commands of this process."""
    notify = workspace.settings.notify
    found = [terminal(say)] if say and (notify.bell or notify.desktop) else []
    argvs = dict.fromkeys(tuple(argv) for argv in (notify.command, *also) if argv)
    found += [command(argv, timeout=notify.timeout, with_credentials=notify.credentials) for argv in argvs]
    return [*found, webhook(workspace, notify.webhook)] if notify.webhook else found


def terminal_sequences(notices: Sequence[Notice], notify: Notify, env: Mapping[str, str]) -> str:
    """Return the sequences for these notices: one bell, and a desktop notice for each, or one for many."""
    bell = osc.BELL if notify.bell else ""
    if not notify.desktop:
        return bell
    told = [(notice_words.heading(notice), notice_words.sentence(notice)) for notice in notices]
    if len(told) > MOST_AT_ONCE:
        told = [notice_words.many_heading(notices)]
    return bell + "".join(osc.notice(heading, sentence, env) for heading, sentence in told)
