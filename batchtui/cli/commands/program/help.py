"""`batchtui help`: the manual by topic, command or error code, in the pager or as plain text in a pipe."""

from __future__ import annotations

import difflib
import shutil
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.domain.errors import UsageError

if TYPE_CHECKING:
    from batchtui.cli.session import Session

WIDEST_TEXT = 100
"""Columns: longer lines are hard to read."""


@define_command(
    "help",
    examples=[
        "batchtui help",
        "batchtui help submit",
        "batchtui help BT-INPUT",
        "batchtui help custom-id-duplicate",
        "batchtui help filters | head -30",
        "batchtui help --man submit | man -l -",
    ],
)
@click.argument("name", metavar="[TOPIC|COMMAND|CODE]", required=False)
@click.option("--man", is_flag=True, help="Print the man page of a command, or of batchtui.")
@click.pass_context
def command(context: click.Context, session: Session, name: str | None, man: bool) -> None:
    """Show the manual: a topic, a command, or what to do about an error or a finding of `check`.

    Without a name it lists the topics and commands. The text is shown in the pager (PAGER, else less), and as plain
    text in a pipe.
    """
    program = context.find_root()
    if man:
        page = _man_page(program, name)
        if session.json:
            session.out.document({"man": page})
        else:
            session.out.line(page.rstrip("\n"))
        return
    found = _overview(program) if name is None else _find(program, name)
    if session.json:
        session.out.document(found)
        return
    from batchtui.manual.plain_text import to_plain_text

    # A pipe has no width of its own, and may end in an editor of any width.
    width = min(session.out.width or WIDEST_TEXT, WIDEST_TEXT)
    text = "\n".join(filter(None, (to_plain_text(found["page"], width) if found["page"] else "", found["usage"])))
    if session.out.is_terminal:
        click.echo_via_pager(text)
    else:
        session.out.line(text.rstrip("\n"))


def _find(program: click.Context, name: str) -> dict[str, Any]:
    """Return the page about a topic, a command or an error code, as it is printed by --json.

    Raises:
        UsageError: there is no help of that name.
    """
    from batchtui.manual import pages

    word = name.casefold()
    assert isinstance(program.command, click.Group)
    described = program.command.get_command(program, word)
    usage = described.get_help(click.Context(described, info_name=f"batchtui {word}")) if described else None
    # A topic and a command may have the same name: then the page comes first, with the usage below it.
    topic = word if word in pages.TOPICS else pages.topic_about(word) if described else None
    if topic is not None and (topic == word or described is None):
        return {"topic": topic, "page": pages.read_page(topic), "usage": usage}
    if usage is not None:
        also = f"\n\nThe manual: `batchtui help {topic}`." if topic else ""
        return {"topic": word, "page": None, "usage": usage + also}
    if (section := pages.read_code(word)) is not None:
        return {"topic": pages.ERRORS, "page": section, "usage": None}
    codes = map(str.casefold, (*pages.error_codes(), *pages.finding_codes()))
    names = [*pages.TOPICS, *program.command.list_commands(program), *codes]
    near = difflib.get_close_matches(word, names, 1)
    guess = f" Did you mean `{near[0]}`?" if near else ""
    raise UsageError(f"There is no help for `{name[:60]}`.{guess}", hint="`batchtui help` lists topics and commands.")


def _overview(program: click.Context) -> dict[str, Any]:
    """Return the list of topics and commands."""
    from batchtui.manual import pages

    topics = {topic: pages.summary_of(pages.read_page(topic)) for topic in pages.TOPICS}
    rows = "\n".join(f"| {topic} | {summary} |" for topic, summary in topics.items())
    assert isinstance(program.command, click.Group)
    formatter = click.HelpFormatter(width=min(shutil.get_terminal_size().columns, WIDEST_TEXT))
    program.command.format_commands(program, formatter)
    page = (
        "# The manual of batchtui\n\n`batchtui help NAME` shows a topic, a command or an error code.\n\n## Topics\n\n"
    )
    return {"topic": None, "page": f"{page}| topic | about |\n| --- | --- |\n{rows}\n", "usage": formatter.getvalue()}


def _man_page(program: click.Context, name: str | None) -> str:
    from batchtui.cli.views.man_page import command_page, program_page

    group = program.command
    assert isinstance(group, click.Group)
    summaries = getattr(group, "summaries", {})
    if name is None or name == "batchtui":
        return program_page(group, summaries)
    described = group.get_command(program, name)
    if described is None:
        raise UsageError(f"There is no command `{name[:60]}`.", hint="`batchtui --help` lists the commands.")
    return command_page(described, name, summaries[name])
