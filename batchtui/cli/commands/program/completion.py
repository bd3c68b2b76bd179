"""`batchtui completion`: print the shell script that completes commands, options, batches and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command

if TYPE_CHECKING:
    from batchtui.cli.session import Session

VARIABLE = "_BATCHTUI_COMPLETE"
"""What click's completion listens to in the environment."""


@define_command(
    "completion",
    examples=[
        "batchtui completion bash >> ~/.bashrc",
        "batchtui completion zsh >> ~/.zshrc",
        "batchtui completion fish > ~/.config/fish/completions/batchtui.fish",
    ],
)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def command(session: Session, shell: str) -> None:
    """Print the script with which a shell completes commands, options, and the ids and names of batches and jobs."""
    from click.shell_completion import get_completion_class

    from batchtui.cli.main import program

    # Of click itself, so that what is printed fits the version that will answer the shell.
    completion = get_completion_class(shell)
    assert completion is not None
    source = completion(program, {}, "batchtui", VARIABLE).source()
    if session.json:
        session.out.document({"shell": shell, "source": source})
    else:
        session.out.line(source.rstrip("\n"))
