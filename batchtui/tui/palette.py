"""The palette: every command that works now, found by its name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from batchtui.tui.keymap import shown
from batchtui.tui.screens.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.tui.commands import Command


class Commands(Provider):
    """Offers the commands of the screen that the palette was opened on."""

    def _offers(self) -> Iterator[tuple[Command, str]]:
        if isinstance(self.screen, Frame):
            yield from (offer for offer in self.screen.offers() if offer[0].in_palette)

    async def _run(self, action: str) -> None:
        target = self.focused or self.screen
        await target.run_action(action)

    async def discover(self) -> Hits:
        """Offer everything."""
        for command, key in self._offers():
            title = Content(f"{command.title}  ({shown(key)})")
            yield DiscoveryHit(title, partial(self._run, command.action), command.title, command.help)

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for command, key in self._offers():
            score = matcher.match(f"{command.title} {command.help}")
            if score > 0:
                title = Content(f"{command.title}  ({shown(key)})")
                yield Hit(score, title, partial(self._run, command.action), command.title, command.help)
