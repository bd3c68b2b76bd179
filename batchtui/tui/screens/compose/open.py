"""`open_compose` opens the compose screen on the draft that was kept, or on the example."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.services.compose import draft as drafts
from batchtui.services.compose.example import example_draft, is_example, write_example
from batchtui.tui.screens.compose.screen import ComposeScreen

if TYPE_CHECKING:
    from batchtui.tui.host import Host


async def open_compose(app: Host) -> None:
    """Open the draft as it was left; where there never was one, the example."""
    draft = await drafts.kept(app.workspace)
    folder = app.workspace.paths.cache
    if draft is None:
        draft = await asyncio.to_thread(example_draft, folder)
    elif is_example(draft) and not Path(draft.data).exists():
        # The example lies in the cache folder, which people and systems clear.
        draft = replace(draft, data=str(await asyncio.to_thread(write_example, folder)))
    await app.push_screen(ComposeScreen(app.workspace, draft))
