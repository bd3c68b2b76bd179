"""Profiles and workspaces: told from each other by a colour, and read-only where somebody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import UsageError
from batchtui.services.workspace import Workspace, open_workspace
from batchtui.settings.paths import Paths
from batchtui.tui.app.app import DashboardApp
from batchtui.tui.chrome.status_bar import COLOURS, of_name, workspace_colour
from batchtui.tui.rendering.spans import Tone
from batchtui.tui.rendering.themes import LOOKS
from tests.tui.stage import MODERN
from tests.tui.story import told

if TYPE_CHECKING:
    from pathlib import Path

PLACES = '[places.production]\ncolour = "red"\nread_only = true\n'


def at(home: Path, profile: str | None, settings: str = "", *, read_only: bool = False) -> Workspace:
    paths = Paths.locate(home)
    paths.prepare()
    paths.config_file.write_text(settings)
    return Workspace(paths, profile=profile, read_only=read_only)


def test_a_place_has_the_colour_of_the_settings_else_one_that_goes_with_its_name(tmp_path: Path) -> None:
    assert workspace_colour(at(tmp_path, "production", PLACES)) is Tone.RED_PLACE
    assert workspace_colour(at(tmp_path, "staging", PLACES)) is of_name("staging")
    assert workspace_colour(at(tmp_path, None)) is Tone.DIM


def test_names_share_out_the_colours() -> None:
    assert {of_name(f"profile-{number}") for number in range(60)} == set(COLOURS)


def test_every_look_can_paint_every_tone() -> None:
    for look in LOOKS.values():
        assert set(look.styles()) == set(Tone)


@pytest.mark.parametrize(
    ("profile", "settings", "flag", "because"),
    [
        ("production", PLACES, False, "places.production.read_only"),
        ("staging", PLACES, False, ""),
        (None, "read_only = true\n", False, "`read_only` is set"),
        (None, "", True, "--read-only"),
    ],
)
def test_the_reason_for_read_only_is_shown(
    tmp_path: Path, profile: str | None, settings: str, flag: bool, because: str
) -> None:
    workspace = at(tmp_path, profile, settings, read_only=flag)
    assert because in workspace.read_only_by
    assert workspace.is_read_only is bool(because)
    if because:
        with pytest.raises(UsageError, match="read-only"):
            workspace.refuse_if_read_only()


async def test_the_status_line_names_the_profile(tmp_path: Path) -> None:
    async with told(tmp_path, settings=PLACES) as (workspace, clock):
        await workspace.close()
        async with open_workspace(Paths.locate(tmp_path), profile="production", clock=clock) as named:
            app = DashboardApp(named, ground=MODERN)
            async with app.run_test(size=(160, 30)) as pilot:
                await pilot.pause()
                top = app.screen._compositor.render_strips()[0].text
                assert " production " in top
                assert "read-only" in top
