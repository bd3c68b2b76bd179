"""One voice: no text that a user reads has a word that the glossary rules out, or mixes two spellings of one.

What a user reads is collected from the source (every string that is not documentation, the help of commands, what is
printed from docstrings), from the help as it is printed, and from README, manual, changelog and man pages.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import batchtui
from batchtui.cli.main import COMMANDS
from tests.support import manual

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(batchtui.__file__).parent
INSTEAD = {
    r"cut short": "truncated, or incomplete",
    r"cancell(ed|ing)": "canceled, canceling",
    r"verbs?": "command",
    r"(lets?|let|letting) go of": "delete, expire",
    r"stands? (already|in it|there)": "duplicate, is given twice",
    r"turn(s|ed)? (it|them|the order) round": "negate, reverse",
    r"for ever": "permanently",
    r"dearest": "most expensive",
    r"nobody (knows|can)": "unknown",
    r"(disk|API) (said|says) no": "say what failed and why",
    r"no clear answer": "no response",
    r"answers? (is|was|were|came|comes) lost|lost answers?": "no response to the create request",
    r"the API('s)? (answers?|answered|has answered)": "responds, response: an answer is what the model wrote",
    r"HTTP answers?": "response",
    r"looks? (closer|at it)": "name the command that shows it",
    r"made elsewhere": "created elsewhere",
    r"(brought|brings?|bring) in": "import",
    r"at work": "in progress",
    r"on its way": "in progress",
    r"may end": "ETA, remaining",
    r"longer than ever": "overdue",
    r"(?<!there )is no (?!longer|more)": "is not a",
    r"all the same": "anyway",
    r"not whole|read whole|left whole|are whole": "incomplete, complete",
    r"(laid|kept|lay) aside": "stored, staged",
    r"still runs?|still running|is running|are running|runs at the API": "in progress",
    r"(tried|try|tries) again": "retry",
    r"(is|are) left alone|left alone": "say what was not done and why",
    r"(go|goes) on\b(?! the)": "continues",
    r"gaps?": "placeholder",
    r"signs?": "character",
    r"takes? (it|them|that one|one|all marks) away": "remove, clear",
    r"so much faster|at most so many|the latest so many": "say what the number means",
    r"needs you": "attention",
    r"worked out from": "estimated from",
    r"a person": "you",
    r"(be|once it is|is) mended|mend": "fix",
    r"turns? out": "say what is known",
    r"judged by": "estimated from",
    r"second against first": "B vs A",
    r"a yes": "confirmation",
    r"wishes": "options",
    r"(hold|holds|take effect) at once": "takes effect immediately",
    r"share of 1": "0.1 = 10 %",
    r"two looks|a look\b": "polling interval",
    r"saved for both": "name the saving",
    r"was made\?": "was created",
    r"of that kind is open": "Nothing to retry by default",
    r"is no (span|date|JSON|whole)": "is not a",
    r"(things?|what) (that )?happens\b, until": "one line per event",
    r"only here: the": "forget locally",
    r"(one|a) (request|row|batch|field|line|page|file|result|section|job|model|row)s? an?"
    r" (line|row|file|topic|kind|batch|request|result|job)": "one … per …",
    r"not known here": "unknown, not in the registry",
    r"(is|are) asked of": "looked up at, requested from",
    r"how it stands": "its progress, its state",
    r"(row|hit|failure|problem|pair|outcome|place|kind of change) before(?! it)": "previous",
    r"wrong rows?": "rows with errors",
    r"times as (fast|large|long|many)": "times faster, times larger",
    r"billed are": "… are billed",
    r"stands? (above|below|beside|directly|twice|in its)": "is above, occurs twice",
    r"(while )?one types": "while typing, you type",
    r"(the one|that is) in force": "current",
    r"(may|could) be it": "may be this part's batch",
    r"(is|was|are) taken for": "is adopted for, counts as",
    r"and stop there": "send nothing, delete nothing",
    r"the most (tokens|bytes) (of|in)": "maximum",
    r"as they came": "arrival",
    r"the same in all": "in common",
    r"no spreadsheet runs": "spreadsheets do not run",
    r"of unknown fate": "unknown",
    r"(its|their) own yes|your yes": "confirmation",
    r"somebody's|nobody's": "another user's",
}
"""What must not be said, as a pattern of whole words, and what is said instead."""
SPELLED = {
    "organisation": "organization",
    "cancelled": "canceled",
    "time out": "timeout",
    "e-mail": "email",
    "placeholder column": "placeholder",
    "licence": "license",
    "in-progress": "in progress",
    "recognise": "recognize",
    "recognised": "recognized",
    "learnt": "learned",
    "time-out": "timeout",
    "summarise": "summarize",
    "organise": "organize",
}
"""Two spellings of one word: the second is ours."""
OTHERS_WORDS = {
    "cli/demo/sandbox.py", "cli/demo/story.py", "services/compose/example.py", "simulator/",
    "manual/glossary.md",
}  # fmt: skip
"""Texts in which customers and the service speak, not we; and the page that explains words by others."""
SQL = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|PRAGMA|WITH|FROM|AND|WHERE|CASE|ATTACH|BEGIN|COALESCE)\b"
)
PRINTS_FIELDS = ("settings/model.py", "domain/batches/query.py", "simulator/scenario.py", "simulator/faults.py")
"""Modules whose documentation of fields is printed: by `config`, in the manual."""


def strings_of(source: str, *, prints_fields: bool = False) -> Iterator[tuple[int, str]]:
    """Every string of a module with its line, but for documentation; what an f-string fills in is left out.

    `prints_fields`: the documentation of fields is among them.
    """
    # Walked once: this is done for each module, in each process that runs these tests.
    nodes = list(ast.walk(ast.parse(source)))
    skipped: set[int] = set()
    for node in nodes:
        body = node.body if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) else ()
        for place, statement in enumerate(body):
            is_field = prints_fields and isinstance(node, ast.ClassDef) and place > 0
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and not is_field:
                skipped.add(id(statement.value))
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values),
            )
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def command_helps(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings that click prints: of functions with `define_command`."""
    for node in ast.walk(ast.parse(source)) if "define_command" in source else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
            "define_command" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            yield node.lineno, ast.get_docstring(node) or ""


@cache
def said() -> tuple[tuple[str, str], ...]:
    """Every text that a user reads, with its place."""
    found: list[tuple[str, str]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name, source = str(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")
        texts = [*strings_of(source, prints_fields=name in PRINTS_FIELDS), *command_helps(source)]
        found += [(f"{name}:{line}", text) for line, text in texts if " " in text.strip() and not SQL.match(text)]
    for page in (manual.README, manual.ROOT / "CHANGELOG.md", *manual.PAGES.glob("*.md"), *manual.MAN_PAGES.iterdir()):
        lines = page.read_text(encoding="utf-8").split("\n## [0.1.0]")[0].splitlines()
        place = f"manual/{page.name}" if page.parent == manual.PAGES else page.name
        found += [(f"{place}:{number}", line) for number, line in enumerate(lines, 1)]
    for name in COMMANDS:
        described = manual.command(name)
        found.append((f"batchtui {name} --help", described.get_help(click.Context(described, info_name=name))))
    return tuple((place, text) for place, text in found if not place.startswith(tuple(OTHERS_WORDS)))


def breaches(pattern: str, texts: tuple[tuple[str, str], ...]) -> list[str]:
    """The places where a pattern stands as whole words, with the words around it."""
    sought = re.compile(rf"(?<![\w`-])(?:{pattern})(?![\w`-])", re.IGNORECASE)
    found = []
    for place, text in texts:
        if match := sought.search(text):
            around = text[max(0, match.start() - 40) : match.end() + 30].replace("\n", " ")
            found.append(f"{place}: …{around}…")
    return found


@pytest.mark.parametrize("pattern", INSTEAD)
def test_no_text_says_what_the_glossary_rules_out(pattern: str) -> None:
    assert breaches(pattern, said()) == [], f"say: {INSTEAD[pattern]}"


@pytest.mark.parametrize("other", SPELLED)
def test_one_word_is_spelled_in_one_way(other: str) -> None:
    assert breaches(re.escape(other), said()) == [], f"write: {SPELLED[other]}"


def test_the_texts_of_every_kind_are_collected() -> None:
    """Help texts, errors, meanings of settings, what services and screens say, pages, the help of commands."""
    places = {place.partition(":")[0] for place, _ in said()}
    assert {
        "cli/commands/submission/submit.py", "domain/errors.py", "settings/model.py", "services/retry/preconditions.py",
        "gateway/errors.py", "README.md", "CHANGELOG.md", "manual/submit.md", "batchtui-submit.1",
        "batchtui submit --help",
    } <= places  # fmt: skip
    assert any(place.startswith("tui/") for place in places)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise UsageError("Three answers were cut short.")', ["cut short"]),
        ('raise UsageError(f"{count} answers were cut short in {name}.")', ["cut short"]),
        ('def f():\n    """Three answers were cut short."""', []),
        ('@define_command("x", examples=[])\ndef f():\n    """Three answers were cut short."""', ["cut short"]),
        ('say("Three answers were truncated.")', []),
        ('say("a shortcut shortens")', []),
        ('say("Write one request a line.")', ["(one|a) (request"]),
        ('say("Write one request per line, one page a day.")', []),
    ],
)
def test_the_collection_can_fail(source: str, found: list[str]) -> None:
    texts = tuple(("x.py:1", text) for _, text in (*strings_of(source), *command_helps(source)))
    broken = [pattern for pattern in INSTEAD if breaches(pattern, texts)]
    assert [pattern[: len(start)] for pattern, start in zip(broken, found, strict=True)] == found
