"""The program: a click group that imports a command only when it is called: `main`."""

from __future__ import annotations

import difflib
import importlib
import sys
from typing import TYPE_CHECKING

import click

from batchtui import __version__
from batchtui.cli.command import global_options
from batchtui.cli.run import exit_process, run

if TYPE_CHECKING:
    from collections.abc import Mapping

# Repeated from the commands' own help (a test compares them): `--help` would have to import all of them for it.
COMMANDS: Mapping[str, str] = {
    "compose": "Make requests from a template and a table.",
    "convert": "Convert lines for OpenAI, Bedrock or Vertex to requests.",
    "check": "Check request files; sends nothing.",
    "estimate": "Estimate what request files would cost; sends nothing.",
    "submit": "Check, plan and send request files.",
    "resume": "Finish what a crash, a full queue or a lost response left open.",
    "list": "List the registry's batches, newest first.",
    "status": "Show the state of a batch or a job.",
    "wait": "Wait for the end, then save the results.",
    "watch": "Refresh, download results and print events, without a screen.",
    "results": "Save or print the results of a batch or a job.",
    "compare": "Compare the answers of two batches or jobs.",
    "retry": "Retry the requests that did not succeed.",
    "label": "Name, tag and annotate jobs.",
    "cancel": "Cancel batches in progress.",
    "delete": "Delete ended batches.",
    "prune": "Free space: delete leftovers of interrupted processes.",
    "sync": "Import batches created elsewhere.",
    "models": "List the models for batches, with prices and lifetimes.",
    "cost": "Show what was spent, and on what.",
    "log": "Show what batchtui did and what the API said.",
    "doctor": "Examine versions, files, credentials and the API.",
    "config": "Show the settings and what they mean.",
    "keys": "Show the dashboard's keys.",
    "help": "Show the manual: a topic, a command or an error code.",
    "demo": "Show the dashboard on a simulator; no key is needed.",
    "completion": "Print the shell's completion of commands, ids and names.",
    "simulate": "Serve a simulator of the API, for any client.",
}
"""Every command and what it does, in the order of the help; its module in `cli.commands` has the same name."""


class Program(click.Group):
    """The group of commands. It imports only the module of the command that is called."""

    @property
    def summaries(self) -> Mapping[str, str]:
        """What each command does in a sentence, in the order of the help."""
        return COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it."""
        if cmd_name not in COMMANDS:
            return None
        # Only this one: `list` must not wait for what `compose` imports.
        command: click.Command = importlib.import_module(f"batchtui.cli.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; raises `UsageError` with the most similar name where there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            # click says only that there is no such command.
            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            guess = f" Did you mean `{near[0]}`?" if near else ""
            raise click.UsageError(f"Unknown command `{args[0]}`.{guess}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    "batchtui",
    cls=Program,
    params=[*global_options()],
    invoke_without_command=True,
    subcommand_metavar="COMMAND …",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it without a key: `batchtui demo`. A command: `batchtui submit --help`. The manual: `batchtui help`.",
)
@click.version_option(__version__, prog_name="batchtui", message="%(prog)s %(version)s")
@click.pass_context
def program(context: click.Context) -> int | None:
    """A terminal dashboard and CLI for Claude's Message Batches API.

    Without a command: the dashboard, or without a terminal the list of batches.
    """
    if context.invoked_subcommand is not None:
        return None
    dashboard: click.Command = importlib.import_module("batchtui.cli.commands.dashboard").command
    code: int | None = context.invoke(dashboard)
    return code


def main() -> None:
    """Run the program with the arguments of the process, and end the process."""
    exit_process(run(program, sys.argv[1:]))
