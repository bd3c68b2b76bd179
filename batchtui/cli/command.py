"""Make a click command of a function that takes the session and its own options: `CliCommand`, `define_command`."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.global_options import GlobalOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.cli.session import Session

    Body = Callable[..., Any]


def global_options() -> list[click.Option]:
    """Return the options that the program and every command share."""
    return [
        click.Option(
            ["--home"],
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Keep everything in this folder (or set BATCHTUI_HOME).",
            expose_value=False,
            callback=_note,
        ),
        click.Option(
            ["--profile"],
            metavar="NAME",
            help="Use the credentials of this profile of `ant auth login`.",
            expose_value=False,
            callback=_note,
        ),
        click.Option(
            ["--read-only"],
            is_flag=True,
            default=None,
            # For sessions in which no command may act, such as an agent's: a flag would have to be on every call.
            envvar="BATCHTUI_READ_ONLY",
            help="Refuse anything that would change something at the API.",
            expose_value=False,
            callback=_note,
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            default=None,
            help="Print one JSON document, also for failures.",
            expose_value=False,
            callback=_note,
        ),
    ]


def _note(context: click.Context, option: click.Parameter, value: Any) -> None:
    chosen = context.find_object(GlobalOptions)
    # These options may stand before the command or behind it: where one was not given it must not undo the other.
    if value is not None and chosen is not None and option.name is not None:
        setattr(chosen, option.name, value)


class CliCommand(click.Command):
    """A click command that also takes the global options, and ends its help with examples."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        # The program has them, too, so that `batchtui --json list` and `batchtui list --json` mean the same.
        self.params += global_options()
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        with formatter.section("Examples"):
            formatter.width = 1000  # a command that is wrapped cannot be copied
            formatter.write("".join(f"  {example}\n" for example in self.examples))


def define_command(name: str, *, examples: Sequence[str], **settings: Any) -> Callable[[Body], CliCommand]:
    """Return a decorator for a function that takes the session and its own options, and returns an exit code or None.

    A coroutine function is run on an event loop and can be interrupted; a plain function is called as it is.
    """

    def made(body: Body) -> CliCommand:
        @functools.wraps(body)
        def call(**options: Any) -> int | None:
            from batchtui.cli.session import Session

            # Imported in the call: `--help` builds every command and must not load what only a running one needs.
            session: Session = Session(click.get_current_context().ensure_object(GlobalOptions))
            if inspect.iscoroutinefunction(body):
                return session.run(body(session, **options))
            code: int | None = body(session, **options)
            return code

        return click.command(name, cls=CliCommand, examples=examples, **settings)(call)

    return made
