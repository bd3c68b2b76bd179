"""The program: a click group that imports a command only when it is called: `main`."""

from __future__ import annotations

import difflib
import importlib
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from batchtui import __version__
from batchtui.cli.command import global_options
from batchtui.cli.run import exit_process, run
from batchtui.runtime.dataclass_methods import use_closures

if TYPE_CHECKING:
    from collections.abc import Mapping


class CommandEntry(NamedTuple):
    """Where a command's module is, and what the list of commands says of it."""

    package: str
    """The package in `cli.commands` whose module of the command's name (or `module`) has it."""
    summary: str
    """What the command does in a sentence, short enough for the list of commands."""
    module: str = ""
    """The module's name, where it cannot be the command's: `continue` is a word of Python."""


# Summaries stand here and not with the commands: `--help` would have to import all of them.
COMMANDS: Mapping[str, CommandEntry] = {
    "compose": CommandEntry("submission", "Make requests from a template and a table."),
    "convert": CommandEntry("submission", "Convert lines for OpenAI, Bedrock or Vertex to requests."),
    "check": CommandEntry("submission", "Check request files; sends nothing."),
    "estimate": CommandEntry("costs", "Estimate what request files would cost; sends nothing."),
    "submit": CommandEntry("submission", "Check, plan and send request files."),
    "resume": CommandEntry("submission", "Finish what a crash, a full queue or a lost response left open."),
    "list": CommandEntry("batches", "List the registry's batches, newest first."),
    "status": CommandEntry("batches", "Show the state of a batch or a job."),
    "wait": CommandEntry("batches", "Wait for the end, then save the results."),
    "watch": CommandEntry("batches", "Refresh, download results and print events, without a screen."),
    "results": CommandEntry("results", "Save or print the results of a batch or a job."),
    "compare": CommandEntry("results", "Compare the answers of two batches or jobs."),
    "review": CommandEntry("results", "Review answers by hand: accept, reject, label; measure agreement."),
    "judge": CommandEntry("results", "Have a model score answers, or compare those of two jobs."),
    "sql": CommandEntry("results", "Ask a question in SQL over saved results."),
    "retry": CommandEntry("results", "Retry the requests that did not succeed."),
    "continue": CommandEntry("results", "Continue conversations that are not finished.", "continue_job"),
    "label": CommandEntry("batches", "Name, tag and annotate jobs."),
    "cancel": CommandEntry("batches", "Cancel batches in progress."),
    "delete": CommandEntry("batches", "Delete ended batches."),
    "prune": CommandEntry("program", "Free space: delete leftovers of interrupted processes."),
    "sync": CommandEntry("batches", "Import batches created elsewhere."),
    "models": CommandEntry("costs", "List the models for batches, with prices and lifetimes."),
    "cost": CommandEntry("costs", "Show what was spent, and on what."),
    "log": CommandEntry("program", "Show what batchtui did and what the API said."),
    "doctor": CommandEntry("program", "Examine versions, files, credentials and the API."),
    "config": CommandEntry("program", "Show the settings and what they mean."),
    "keys": CommandEntry("program", "Show the dashboard's keys."),
    "help": CommandEntry("program", "Show the manual: a topic, a command or an error code."),
    "demo": CommandEntry("program", "Show the dashboard on a simulator; no key is needed."),
    "completion": CommandEntry("program", "Print the script for shell completion."),
    "simulate": CommandEntry("program", "Serve a simulator of the API, for any client."),
}
"""Every command, in the order of the help."""


class Program(click.Group):
    """The group of commands. It imports only the module of the command that is called."""

    @property
    def summaries(self) -> Mapping[str, str]:
        """What each command does in a sentence, in the order of the help."""
        return {name: entry.summary for name, entry in COMMANDS.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it."""
        if cmd_name not in COMMANDS:
            return None
        # Only this one: `list` must not wait for what `compose` imports.
        return _import_command(COMMANDS[cmd_name].package, COMMANDS[cmd_name].module or cmd_name)

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
            formatter.write_dl(list(self.summaries.items()))


def _import_command(package: str, name: str) -> click.Command:
    command: click.Command = importlib.import_module(f"batchtui.cli.commands.{package}.{name}").command
    return command


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
    code: int | None = context.invoke(_import_command("program", "dashboard"))
    return code


def main() -> None:
    """Run the program with the arguments of the process, and end the process."""
    use_closures()
    exit_process(run(program, sys.argv[1:]))
