"""A library imported sparingly gives every name that it gives otherwise, and loads only what is asked for."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from batchtui.gateway.lazy_import import lazy_submodules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

FILES = {
    "__init__.py": "from . import kinds\nfrom ._client import Client, Quick as Fast\nSTARTED = True\nprint('run')\n",
    "_client.py": "class Client: ...\nclass Quick: ...\n",
    "kinds/__init__.py": (
        "'''Gathers.'''\nfrom __future__ import annotations\nfrom .one import One\n"
        "from .two import (\n    Two,\n    Zwei as Deux,\n)\nfrom .deep import Deep\n__all__ = ['One', 'Two', 'Deux']\n"
    ),
    "kinds/one.py": "class One: ...\n",
    "kinds/two.py": "class Two: ...\nclass Zwei: ...\n",
    "kinds/deep/__init__.py": "from .deepest import Deep\n",
    "kinds/deep/deepest.py": "from ..one import One\nclass Deep(One): ...\n",
    "busy/__init__.py": "from .part import Part\nREADY = 1\n",
    "busy/part.py": "class Part: ...\n",
    "shadowed/__init__.py": "from .part import part\n",
    "shadowed/part.py": "def part(): ...\n",
    "broken/__init__.py": "from .absent import Absent\n",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A library of its own for each test, imported sparingly."""
    for name, text in FILES.items():
        path = tmp_path / "gatherer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with lazy_submodules("gatherer"):
        yield importlib.import_module("gatherer")
    for name in _loaded():
        del sys.modules[name]


def _loaded() -> set[str]:
    return {name for name in sys.modules if name.partition(".")[0] == "gatherer"}


def test_nothing_is_loaded_before_it_is_asked_for(library: ModuleType) -> None:
    assert library.Fast.__name__ == "Quick"
    assert _loaded() == {"gatherer", "gatherer._client"}


def test_a_name_of_a_package_within_loads_its_module_alone(library: ModuleType) -> None:
    assert library.kinds.Deux.__name__ == "Zwei"
    assert _loaded() == {"gatherer", "gatherer.kinds", "gatherer.kinds.two"}


def test_a_name_comes_through_two_packages(library: ModuleType) -> None:
    assert library.kinds.Deep.__bases__ == (library.kinds.One,)


def test_the_same_name_is_the_same_object_each_time(library: ModuleType) -> None:
    assert library.Client is library.Client is importlib.import_module("gatherer._client").Client


def test_a_name_that_only_running_makes_is_there_too(library: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert capsys.readouterr().out == ""
    assert library.STARTED
    assert (library.Client.__name__, capsys.readouterr().out) == ("Client", "run\n")


def test_it_is_run_once_however_many_ask_at_once(library: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: library.STARTED, range(64)))
    assert capsys.readouterr().out == "run\n"


def test_all_names_at_once(library: ModuleType) -> None:
    space: dict[str, object] = {}
    exec("from gatherer.kinds import *", space)
    assert {"One", "Two", "Deux"} <= space.keys()


@pytest.mark.parametrize("name", ["absent", "__wrapped__"])
def test_a_missing_attribute_raises_attribute_error(library: ModuleType, name: str) -> None:
    assert not hasattr(library.kinds, name)


def test_a_module_that_nobody_named_is_imported_as_ever(library: ModuleType) -> None:
    from gatherer import busy  # type: ignore[import-not-found]  # made by the fixture

    assert busy is library.busy


def test_a_package_that_does_more_than_gather_is_run_at_once(library: ModuleType) -> None:
    assert vars(importlib.import_module("gatherer.busy"))["READY"] == 1


def test_a_name_that_is_called_like_a_module_wins_over_it_as_ever(library: ModuleType) -> None:
    assert callable(importlib.import_module("gatherer.shadowed").part)


def test_an_import_that_fails_fails_as_ever(library: ModuleType) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"gatherer\.broken\.absent"):
        _ = importlib.import_module("gatherer.broken").Absent


def test_other_libraries_are_left_alone(library: ModuleType) -> None:
    assert type(importlib.import_module("email.mime")).__name__ == "module"


SAID = """
import importlib, json, sys, types
names, how = json.load(sys.stdin), sys.argv[1]
if how == "sparingly":
    from batchtui.gateway.sdk import import_sdk
    import_sdk()
    assert "anthropic.resources.messages" not in sys.modules
for package in names:
    module = importlib.import_module(package)
    kinds = {}
    for name in names[package] or sorted(name for name in dir(module) if not name.startswith("_")):
        value = getattr(module, name)
        is_module = isinstance(value, types.ModuleType)
        kinds[name] = value.__name__ if is_module else f"{type(value)} {getattr(value, '__qualname__', '')}"
    names[package] = kinds
print(json.dumps(names))
"""
PACKAGES = ("anthropic", "anthropic.types", "anthropic.types.beta", "anthropic.types.messages", "anthropic.resources")


def _names_of_the_sdk(how: str, asked: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    command = [sys.executable, "-c", SAID, how]
    done = subprocess.run(command, check=True, input=json.dumps(asked), stdout=subprocess.PIPE, text=True)
    names: dict[str, dict[str, str]] = json.loads(done.stdout)
    return names


@pytest.mark.long
def test_every_name_of_the_sdk_is_what_it_is_otherwise() -> None:
    plain = _names_of_the_sdk("plainly", {package: [] for package in PACKAGES})
    asked = {package: list(names) for package, names in plain.items()}
    sparingly = _names_of_the_sdk("sparingly", asked)
    assert len(plain["anthropic.types"]) > 500
    for package, names in plain.items():
        differing = {name for name, kind in names.items() if sparingly[package][name] != kind}
        # A stand-in of the SDK's for its package of that name, which is given itself.
        assert differing <= {"resources"}, package
