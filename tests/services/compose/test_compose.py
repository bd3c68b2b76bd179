"""Composing as a service: whole or not at all, cancelled without a trace, with what it will cost; rows to look at."""

from __future__ import annotations

import asyncio
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.compose import TableOptions, open_table
from batchtui.domain.errors import InputError, StorageError, UsageError
from batchtui.registry.original_ids import read_original_ids, read_originals
from batchtui.services.compose import row_browser as browsing
from batchtui.services.compose.compose import compose, compose_to_file
from batchtui.services.compose.composition import open_composition, sample
from batchtui.services.compose.options import ComposeOptions
from batchtui.services.compose.row_browser import RowBrowser
from batchtui.services.compose.template_choice import save_template, templates

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace


def options(folder: Path, rows: int = 3, **changes: Any) -> ComposeOptions:
    """Options for a table of so many rows."""
    (folder / "t.csv").write_text("id,text\n" + "".join(f"r.{number},text {number}\n" for number in range(rows)))
    (folder / "t.md").write_text("Say {{ text }}")
    return ComposeOptions(**{"template": str(folder / "t.md"), "data": str(folder / "t.csv"), "id": "id", **changes})


async def test_a_file_is_written_whole_and_described(workspace: Workspace, tmp_path: Path) -> None:
    composition = await open_composition(workspace, options(tmp_path))
    composed = await compose_to_file(workspace, composition, tmp_path / "out.jsonl")
    assert composed.is_written
    assert (composed.rows, composed.changed, composed.bytes) == (3, 3, (tmp_path / "out.jsonl").stat().st_size)
    assert composed.estimate is not None
    assert composed.estimate.cost.low is not None
    assert composed.estimate.cost.low > Decimal(0)
    assert composed.originals is not None
    assert next(iter(read_originals(composed.originals))) == ("r_0", "r.0", 2)
    assert composed.originals.stat().st_mode & 0o777 == 0o600


async def test_wrong_rows_leave_nothing_behind(workspace: Workspace, tmp_path: Path) -> None:
    chosen = options(tmp_path)
    (tmp_path / "t.csv").write_text("id,text\na.b,x\nc\n")
    out = io.BytesIO()
    composed = await compose(workspace, await open_composition(workspace, chosen), out)
    assert (composed.is_written, composed.report.errors, out.getvalue(), composed.originals) == (False, 1, b"", None)
    assert list(workspace.paths.originals.iterdir()) == []


async def test_a_composing_that_is_cancelled_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    composition = await open_composition(workspace, options(tmp_path, 30_000))
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(_: object) -> None:
        loop.call_soon_threadsafe(begun.set)

    work = asyncio.create_task(compose_to_file(workspace, composition, tmp_path / "out.jsonl", tell))
    await begun.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "t.csv", "t.md"]
    assert list(workspace.paths.originals.iterdir()) == []


async def test_a_place_that_cannot_be_written_is_said(workspace: Workspace, tmp_path: Path) -> None:
    composition = await open_composition(workspace, options(tmp_path))
    with pytest.raises(StorageError):
        await compose_to_file(workspace, composition, tmp_path / "nowhere" / "out.jsonl")


async def test_the_tiers_of_the_settings_are_meant(workspace: Workspace, tmp_path: Path) -> None:
    workspace.paths.config_file.write_text('[models]\ncheap = "claude-haiku-4-5"\n')
    out = io.BytesIO()
    await compose(workspace, await open_composition(workspace, options(tmp_path, model="cheap")), out)
    assert b'"model":"claude-haiku-4-5"' in out.getvalue()


async def test_a_sample_shows_rows_with_their_problems(workspace: Workspace, tmp_path: Path) -> None:
    chosen = options(tmp_path)
    (tmp_path / "t.csv").write_text("id,text\na,x\na,\nc\n")
    first, second, third = await sample(await open_composition(workspace, chosen), 1, 5)
    assert (first.custom_id, second.custom_id, third.params) == ("a", "a-row2", {})
    assert [bool(each.problems) for each in (first, second, third)] == [False, True, True]


async def test_options_make_a_template_of_their_own(workspace: Workspace, tmp_path: Path) -> None:
    saved = await save_template(workspace, options(tmp_path, system="Be {{ text }}.", max_tokens=7), "mine")
    assert (saved.name, saved.version, saved.max_tokens, saved.id) == ("mine", 1, 7, "id")
    assert [each.name for each in await templates(workspace) if each.is_own] == ["mine"]
    again = await open_composition(workspace, ComposeOptions(template="mine@1", data=str(tmp_path / "t.csv")))
    assert again.template is not None
    assert again.template.system is not None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"template": "no-such"}, UsageError), ({"data": None}, UsageError), ({"sql": "select 1"}, UsageError),
        ({"schema": "no-such.json"}, InputError), ({"id": "nope"}, InputError), ({"system": "{{"}, InputError),
        ({"fields": ("a",), "schema": "x"}, UsageError), ({"encoding": "nope"}, UsageError),
    ],
)  # fmt: skip
async def test_a_template_that_does_not_fit_is_refused_before_composing(
    changes: dict[str, Any], error: type[Exception], workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(error):
        (await open_composition(workspace, options(tmp_path, **changes))).composer()


def test_rows_are_found_by_number_and_by_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('id,text\na,"x\ny"\n' + "".join(f"r{number},z\n" for number in range(browsing.KEPT * 2)))
    rows = RowBrowser(open_table(str(path), TableOptions()))
    assert (rows.at(0), rows.is_whole) == (None, False)
    for number in (1, 2, browsing.KEPT * 2 + 1, 3, 1):
        row = rows.at(number)
        assert row is not None
        assert row.values["id"] == ("a" if number == 1 else f"r{number - 2}")
    assert rows.at(browsing.KEPT * 2 + 2) is None
    assert (rows.is_whole, rows.read) == (True, browsing.KEPT * 2 + 1)
    assert rows.find(4) == 2
    assert rows.find(10**9) is None
    assert [row.values["id"] for row in rows.page(browsing.KEPT * 2, 10)] == [
        f"r{browsing.KEPT * 2 - 2}", f"r{browsing.KEPT * 2 - 1}",
    ]  # fmt: skip


def test_files_are_found_by_their_name(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_text(name)
    rows = RowBrowser(open_table(str(tmp_path), TableOptions()))
    assert rows.find(1, str(tmp_path / "b")) == 2


async def test_a_job_that_nothing_was_composed_for_has_no_originals(workspace: Workspace) -> None:
    assert read_original_ids(workspace.paths, workspace.registry, "job_unknown") == {}
