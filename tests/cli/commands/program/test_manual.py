"""The manual says what the program does: its tables, its commands, its links and its codes are the program's own."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from batchtui.cli.command import global_options
from batchtui.cli.main import COMMANDS, program
from batchtui.manual import pages
from batchtui.manual.plain_text import to_plain_text
from tests.support import manual
from tests.support.finding_codes import codes_of, finding_codes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Batchtui

FILES = [manual.README, *sorted(manual.PAGES.glob("*.md"))]
TEXTS = {file: file.read_text(encoding="utf-8") for file in FILES}
LONGEST_README = 250
"""Lines: what is longer belongs into the manual."""
LONGEST_SUMMARY = 160
_ENDS = {"&&", "|", ">", "#", "||", ";"}


def help_of(name: str) -> str:
    command = manual.command(name)
    return command.get_help(click.Context(command, info_name=f"batchtui {name}"))


def understood(command_line: str) -> None:
    """Fail where `batchtui …` names a command or an option that does not exist."""
    words = shlex.split(command_line, comments=True)
    words = words[: next((place for place, word in enumerate(words) if word in _ENDS), len(words))]
    name, *rest = words[words.index("batchtui") + 1 :] or ["list"]
    if name.startswith("--"):
        assert name in ("--version", "--help", "--json")
        return
    command = manual.command(name)
    command.make_parser(click.Context(command, info_name=name)).parse_args(rest)


def shown() -> Iterator[str]:
    """Every command of the README and the manual."""
    for text in TEXTS.values():
        for block in re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            yield from (line for line in block.splitlines() if re.match(r"(uvx .*|.*&& \S*/)?batchtui( |$)", line))
        # In a sentence a command may lack its arguments: what it names has to be there all the same.
        yield from (text for text in re.findall(r"`(batchtui [a-z]+[^`]*)`", text) if "…" not in text)


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^##+ (.*)$", text, re.MULTILINE)
    return {re.sub("[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", manual.TABLES)
def test_a_table_of_the_manual_is_what_the_program_says(name: str) -> None:
    topic, make = manual.TABLES[name]
    said = manual.between(name, pages.read_page(topic)).splitlines()
    assert said == make().splitlines(), "`python -m tests.support.manual` writes it"


@pytest.mark.parametrize("command", dict.fromkeys(shown()))
def test_a_command_of_the_manual_is_understood(command: str) -> None:
    understood(command[command.index("batchtui ") if "batchtui " in command else 0 :])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_option_and_ends_with_examples_that_are_understood(name: str) -> None:
    said = help_of(name)
    for parameter in manual.command(name).params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name
            assert all(option in said for option in parameter.opts)
    examples = [line.strip() for line in said.partition("\nExamples:\n")[2].splitlines()]
    assert examples
    for example in examples:
        understood(example[example.index("batchtui") :])


def test_help_lists_every_command() -> None:
    said = program.get_help(click.Context(program, info_name="batchtui"))
    listed = re.findall(r"^  ([a-z]+)  +\S", said.partition("\nCommands:\n")[2], re.MULTILINE)
    assert listed == list(COMMANDS)


def test_the_manual_lists_the_global_options() -> None:
    section = pages.read_page("scripting").partition("\n## Commands\n")[0]
    assert [option.opts[0] for option in global_options() if f"`{option.opts[0]}" not in section] == []


def test_every_error_code_has_its_cause_and_what_to_do() -> None:
    codes = [kind.code for kind in manual.error_types()]
    assert sorted(pages.error_codes()) == sorted(codes)
    for code in codes:
        section = pages.read_section(pages.read_page(pages.ERRORS), code) or ""
        assert "**Cause.** " in section
        assert "**What to do.** " in section


@pytest.mark.long
def test_every_finding_of_check_has_its_cause_and_what_to_do() -> None:
    assert set(pages.finding_codes()) == finding_codes()
    assert list(pages.finding_codes()) == sorted(pages.finding_codes())
    for code in pages.finding_codes():
        section = pages.read_code(code) or ""
        assert section.startswith(f"### {code}\n")
        assert "**Cause.** " in section
        assert "**What to do.** " in section


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('def f():\n    return CheckFault("not-json", "no")', {"not-json"}),
        ('def f(path):\n    return _wrong(path, "file-special", "no", "")', {"file-special"}),
        ('def f(x):\n    code = "a-b" if x else "c-d"\n    return CheckFault(code, "no")', {"a-b", "c-d"}),
        ('T = {"model": ("a-b", "hint")}\ndef f(x):\n    code, hint = T[x]\n    CheckFault(code, hint)', {"a-b"}),
        ("def f(fault):\n    return CheckFault(fault.code, fault.message)", set()),
    ],
)
def test_codes_of_findings_are_read_from_the_source(source: str, found: set[str]) -> None:
    assert codes_of(source) == found


def test_check_names_the_command_that_explains_what_it_found(batchtui: Batchtui, tmp_path: Path) -> None:
    file = tmp_path / "twice.jsonl"
    file.write_text('{"custom_id": "a b", "params": {}}\n')
    code = batchtui("check", str(file), "--json").document["problems"][0]["code"]
    assert f"`batchtui help {code}` explains the first one." in batchtui("check", str(file)).err
    assert batchtui("help", code).out.startswith(f"{code}\n")


def test_every_page_is_listed_and_says_in_a_sentence_what_it_is_about() -> None:
    assert {file.stem for file in manual.PAGES.glob("*.md")} == set(pages.TOPICS)
    for topic in pages.TOPICS:
        page = pages.read_page(topic)
        assert page.startswith("# ")
        assert len(pages.summary_of(page)) < LONGEST_SUMMARY, topic
        assert f"batchtui/manual/{topic}.md" in TEXTS[manual.README]


def test_every_command_is_explained_by_one_page() -> None:
    explained = [name for topic in pages.TOPICS for name in pages.commands_of(pages.read_page(topic))]
    assert len(explained) == len(set(explained))
    assert set(explained) == set(COMMANDS) - {"help"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_link_leads_to_something(file: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", TEXTS[file]):
        place, _, anchor = target.partition("#")
        linked = file.parent / place if place else file
        if "://" not in place:
            assert linked.is_file(), target
            assert not anchor or anchor in anchors(linked.read_text(encoding="utf-8")), target


def test_the_readme_is_short() -> None:
    assert len(TEXTS[manual.README].splitlines()) <= LONGEST_README


@pytest.mark.parametrize("topic", [*pages.TOPICS, *COMMANDS])
def test_help_shows_a_topic_and_a_command_as_plain_text(batchtui: Batchtui, topic: str) -> None:
    ran = batchtui("help", topic)
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: batchtui {topic} " in ran.out or topic not in COMMANDS
    assert topic not in pages.TOPICS or ran.out.startswith(pages.title_of(pages.read_page(topic)))
    assert not re.search(r"\*\*|\]\(|<!--|^#|^```", ran.out, re.MULTILINE)


@pytest.mark.parametrize("name", ["custom-id-duplicate", "CUSTOM-ID-DUPLICATE", "custom_id_duplicate"])
def test_help_shows_what_to_do_about_a_finding(batchtui: Batchtui, name: str) -> None:
    ran = batchtui("help", name)
    assert ran.code == 0
    assert ran.out.startswith("custom-id-duplicate\n")
    assert "Make it unique" in ran.out
    assert "custom-id-length" not in ran.out


@pytest.mark.parametrize("name", ["BT-COST-LIMIT", "bt-cost-limit", "cost_limit"])
def test_help_shows_what_to_do_about_an_error(batchtui: Batchtui, name: str) -> None:
    ran = batchtui("help", name)
    assert ran.code == 0
    assert ran.out.startswith("BT-COST-LIMIT\n")
    assert "raise `--max-cost`" in ran.out
    assert "BT-INPUT" not in ran.out


def test_the_code_of_an_error_is_that_of_its_help(batchtui: Batchtui) -> None:
    failed = batchtui("results", "nightly", "--json").document["error"]
    assert batchtui("help", failed["code"], "--json").document["page"].startswith("## BT-NOT-FOUND")


def test_help_lists_topics_and_commands(batchtui: Batchtui) -> None:
    ran = batchtui("help")
    assert ran.code == 0
    assert [
        topic for topic in (*pages.TOPICS, *COMMANDS) if not re.search(rf"^ *{topic}  ", ran.out, re.MULTILINE)
    ] == []


def test_help_guesses_what_was_meant(batchtui: Batchtui) -> None:
    ran = batchtui("help", "tuobleshooting")
    assert (ran.code, ran.out) == (2, "")
    assert "There is no help for `tuobleshooting`. Did you mean `troubleshooting`?" in ran.err


@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("topic", pages.TOPICS)
def test_a_page_fits_the_width_but_for_code(topic: str, width: int) -> None:
    text = to_plain_text(re.sub(r"```.*?```", "", pages.read_page(topic), flags=re.DOTALL), width)
    # A word or a command in backticks is never broken: it could not be copied.
    assert [line for line in text.splitlines() if len(line) > width and len(line.split()) > 3] == []


def test_the_man_pages_are_what_the_program_says() -> None:
    wanted = manual.man_pages()
    written = {file.name: file.read_text(encoding="utf-8") for file in manual.MAN_PAGES.iterdir()}
    assert sorted(written) == sorted(wanted), "`python -m tests.support.manual` writes them"
    for name, page in wanted.items():
        assert written[name].splitlines() == page.splitlines(), "`python -m tests.support.manual` writes it"


def test_help_prints_the_man_pages(batchtui: Batchtui) -> None:
    assert batchtui("help", "--man").out == manual.man_pages()["batchtui.1"]
    assert batchtui("help", "--man", "submit").out == manual.man_pages()["batchtui-submit.1"]
    assert batchtui("help", "--man", "nosuch").code == 2


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff is installed")
def test_man_shows_the_pages_without_a_warning() -> None:
    files = sorted(map(str, manual.MAN_PAGES.iterdir()))
    command = ["groff", "-ww", "-man", "-Kutf8", "-Tutf8", "-z", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
