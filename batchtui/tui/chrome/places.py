"""Which colour tells a profile or a workspace from another: the settings', else one that goes with its name."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from batchtui.tui.rendering.spans import Tone

if TYPE_CHECKING:
    from batchtui.services.workspace import Workspace

COLOURS = (
    Tone.BLUE_PLACE,
    Tone.GREEN_PLACE,
    Tone.MAGENTA_PLACE,
    Tone.YELLOW_PLACE,
    Tone.CYAN_PLACE,
    Tone.RED_PLACE,
)


def workspace_colour(workspace: Workspace) -> Tone:
    """Return the colour of the place that is worked at; dim for the usual credentials, of which there is but one."""
    places = workspace.settings.places
    for name in (workspace.profile, workspace.workspace_id):
        if name and name in places and (chosen := places[name].colour):
            return Tone(chosen)
    return of_name(workspace.profile) if workspace.profile else Tone.DIM


def of_name(name: str) -> Tone:
    """Return the colour that goes with a name: the same on every machine."""
    return COLOURS[zlib.crc32(name.encode("utf-8", "replace")) % len(COLOURS)]
