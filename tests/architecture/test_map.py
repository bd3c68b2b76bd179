"""A stranger finds the way: every package lists its modules, and the map lists every package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import batchtui

PACKAGE = Path(batchtui.__file__).parent
MAP = PACKAGE / "README.md"
CONTRIBUTING = PACKAGE.parent / ".github" / "CONTRIBUTING.md"
MOST_NAMES = 15
"""Names in one folder that can be taken in at a glance."""
TABLE_ROW = re.compile(r"^    ([a-z_0-9]+/?) {2,}\S", re.MULTILINE)
NAMED = re.compile(r": `\w+`(?:, `\w+`)*\.$")
JOURNEY = re.compile(r"^\d\. \*\*.+?\*\*: (.+?)$", re.MULTILINE)
STEP = re.compile(r"`([a-z_0-9/]+\.py)` →(?= `([a-z_0-9/]+\.py)`)")
REMARK = re.compile(r" \([^)]*\)")
PATH = re.compile(r"`([a-z_0-9]+(?:/[a-z_0-9]+)*(?:/|\.py))`")


def packages() -> list[str]:
    """Every package below the topmost one, as a path."""
    return sorted(str(init.parent.relative_to(PACKAGE)) for init in PACKAGE.rglob("__init__.py"))[1:]


def names_in(folder: Path) -> set[str]:
    """The modules of a package and, with a slash, the packages in it."""
    modules = {path.stem for path in folder.glob("*.py") if not path.name.startswith("_")}
    return modules | {f"{init.parent.name}/" for init in folder.glob("*/__init__.py")}


def table_of(folder: Path) -> list[str]:
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return TABLE_ROW.findall(docstring.partition("\nModules:\n")[2])


@pytest.mark.parametrize("package", packages())
def test_the_docstring_of_a_package_lists_all_its_modules(package: str) -> None:
    """A line each, below `Modules:`, in the order of the alphabet: what the module does, for who looks for it."""
    assert table_of(PACKAGE / package) == sorted(names_in(PACKAGE / package))


@pytest.mark.parametrize("package", packages())
def test_the_map_lists_every_package(package: str) -> None:
    assert f"`{package}/`" in MAP.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", [MAP, CONTRIBUTING], ids=lambda path: path.name)
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    named = PATH.findall(document.read_text(encoding="utf-8"))
    assert len(named) > 20
    roots = (PACKAGE, PACKAGE.parent)
    assert [path for path in named if not any((root / path).exists() for root in roots)] == []


def test_the_map_has_six_journeys_of_several_hops() -> None:
    journeys = [PATH.findall(hops) for hops in JOURNEY.findall(MAP.read_text(encoding="utf-8"))]
    assert len(journeys) == 6
    assert min(map(len, journeys)) >= 4


def test_a_hop_of_a_journey_is_an_import_unless_the_map_says_what_lies_between() -> None:
    broken = []
    for journey in JOURNEY.findall(MAP.read_text(encoding="utf-8")):
        for one, other in STEP.findall(REMARK.sub("", journey)):
            if not (_imports(one, other) or _imports(other, one)):
                broken.append(f"{one} → {other}")
    assert broken == []


def test_a_hop_of_a_journey_leads_into_a_folder_that_can_be_taken_in_at_a_glance() -> None:
    hops = {hop for hops in JOURNEY.findall(MAP.read_text(encoding="utf-8")) for hop in PATH.findall(hops)}
    folders = {(PACKAGE / hop).parent for hop in hops}

    assert {str(folder): len(names_in(folder)) for folder in folders if len(names_in(folder)) > MOST_NAMES} == {}


def test_the_map_is_one_screen() -> None:
    assert len(MAP.read_text(encoding="utf-8").splitlines()) <= 100


def test_the_map_is_for_who_reads_the_source_and_not_in_the_wheel() -> None:
    toml = (PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8")
    wheel = toml.partition("[tool.hatch.build.targets.wheel]")[2].partition("\n[")[0]
    assert 'exclude = ["batchtui/README.md"]' in wheel


def test_a_word_of_the_glossary_stands_there_once() -> None:
    glossary = MAP.read_text(encoding="utf-8").partition("## Glossary")[2]
    words = re.findall(r"^\| ([\w ]+?) +\|", glossary, re.MULTILINE)[1:]
    assert len(words) > 10
    assert sorted(words) == words
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("package", ["", *packages()])
def test_a_name_at_the_end_of_a_docstrings_first_line_is_one_of_its_module(package: str) -> None:
    """`Read and write large files …: `DirectFile`.`: who finds the sentence finds the class, also after a rename."""
    wrong: dict[str, set[str]] = {}
    for path in (PACKAGE / package).glob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        first = (ast.get_docstring(module) or "").partition("\n")[0]
        named = set(re.findall(r"`(\w+)`", found[0])) if (found := NAMED.search(first)) else set()
        if missing := named - _defined_in(module):
            wrong[path.name] = missing
    assert wrong == {}


def _imports(one: str, other: str) -> bool:
    """Whether a file of the package imports the other one, or a name of it through its package."""
    wanted = "batchtui." + other.removesuffix(".py").replace("/", ".")
    package, _, module = wanted.rpartition(".")
    for node in ast.walk(ast.parse((PACKAGE / one).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            if node.module == wanted or (node.module == package and (module in names or names & _exported(package))):
                return True
    return False


def _exported(package: str) -> set[str]:
    """The names that a package offers as its own."""
    source = (PACKAGE.parent / package.replace(".", "/") / "__init__.py").read_text(encoding="utf-8")
    listed = re.search(r"^__all__ = (\[.*?\])", source, re.MULTILINE | re.DOTALL)
    return set(ast.literal_eval(listed[1])) if listed else set()


def _defined_in(module: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names
