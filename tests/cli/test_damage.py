"""A damaged registry at the command line: one sentence, and a command that repairs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


@pytest.mark.parametrize("content", [b"", b"no database " * 1000], ids=["empty", "overwritten"])
def test_a_damaged_registry_is_said_and_repaired_from_its_backup(
    batchtui: Batchtui, simulator: Simulator, home: Path, content: bytes
) -> None:
    file = batchtui.file()
    assert batchtui("submit", file, "--yes").code == 0
    (home / "registry.db").write_bytes(content)
    for command in (["list"], ["status", "@last"], ["submit", file, "--yes"], ["doctor", "--offline"]):
        refused = batchtui(*command)
        assert refused.code == 1
        assert "damaged" in refused.err
        assert "batchtui doctor --repair" in refused.err
    assert len(simulator.world.batches) == 1
    repaired = batchtui("doctor", "--repair", "--json").document
    assert (repaired["damaged"], repaired["batches"]) == (True, 1)
    assert [batch["id"] for batch in batchtui("list", "--json").document] == [simulator.world.batches[0].id]


def test_a_repair_of_a_registry_that_is_whole_says_so(batchtui: Batchtui, simulator: Simulator) -> None:
    file = batchtui.file()
    assert batchtui("submit", file, "--yes").code == 0
    assert "Nothing was changed" in batchtui("doctor", "--repair").out
