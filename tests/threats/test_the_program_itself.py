"""What the program never does, whatever it is given."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

import batchtui as package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui
    from tests.threats.conftest import Night

TREES = {source: ast.parse(source.read_text("utf-8")) for source in Path(package.__file__).parent.rglob("*.py")}
EVALUATES = {"eval", "exec", "compile", "__import__"}
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "asyncio.create_subprocess_shell", "pty.spawn"}
PICKLES = {"pickle", "shelve", "dill", "cloudpickle", "joblib"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each call with what is called, as it stands there."""
    return ((ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports(tree: ast.AST) -> Iterator[str]:
    """The name of each package that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_no_shell_runs_a_command() -> None:
    for source, tree in TREES.items():
        for name, call in calls(tree):
            assert name not in SHELLS, source
            assert "shell" not in {keyword.arg for keyword in call.keywords}, source
            assert name not in EVALUATES, source


@pytest.mark.long
def test_no_shell_reads_what_a_hook_is_told(night: Night, batchtui: Batchtui, tmp_path: Path) -> None:
    told, hook = tmp_path / "told.json", tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$#\" >{tmp_path / 'words'}\ncat >{told}\n")
    hook.chmod(0o700)
    command = json.dumps([str(hook), "$(touch pwned); `touch pwned`", "&& touch pwned"])
    night(f"[notify]\nbell = false\ncommand = {command}\n")
    assert batchtui("watch", "--until-idle").code == 0
    assert (tmp_path / "words").read_text() == "2\n"
    assert json.loads(told.read_text())["name"] == "nightly"
    assert not Path("pwned").exists()


def test_no_pickle_is_written_or_read() -> None:
    assert [source for source, tree in TREES.items() if set(imports(tree)) & PICKLES] == []


def test_no_pickle_nor_code_is_read_with_marshal() -> None:
    """`marshal.dumps` is hashed and thrown away; what reads its format can be made to crash or worse."""
    for source, tree in TREES.items():
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Import) or "marshal" not in {alias.name for alias in node.names}, source
            if isinstance(node, ast.ImportFrom) and node.module == "marshal":
                assert {alias.name for alias in node.names} == {"dumps"}, source


def test_values_are_bound(batchtui: Batchtui, simulator: Simulator) -> None:
    hostile = ["'; DROP TABLE jobs; --", "%' OR '1'='1", 'a"b', "x\\' OR 1=1"]
    for number, name in enumerate(hostile):
        batchtui.submitted(1, f"r{number}", "--name", name, "--tag", name)
    for name in hostile:
        assert [batch["name"] for batch in batchtui("list", "--tag", name, "--json").document] == [name]
        assert batchtui("status", name, "--offline", "--json").code == 0
    assert len(batchtui("list", "--json").document) == len(hostile)
    assert batchtui("status", "' OR '1'='1", "--offline").code == 2


def test_the_simulator_stays_at_home(simulator: Simulator) -> None:
    assert simulator.url.startswith("http://127.0.0.1:")
    assert httpx2.get(f"{simulator.url}/_simulator", headers={"origin": "https://evil.example"}).status_code == 403
    listening = _listening(int(simulator.url.rpartition(":")[2]))
    assert listening in ({"0100007F"}, set())


def _listening(port: int) -> set[str]:
    """The addresses that a port is listened to at, as Linux writes them; empty where it does not say."""
    if not os.access("/proc/net/tcp", os.R_OK):
        return set()
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}
