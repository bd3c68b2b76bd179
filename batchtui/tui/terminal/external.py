"""Lend the terminal to the person's pager or editor: `open_pager`, `view_in_editor`, `edit_text`, `edit_file`."""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.messages import ActionFailed
from batchtui.tui.terminal.job_control import run_in_foreground

if TYPE_CHECKING:
    from typing import Any

    from textual.app import App

PAGER = "less -R"
EDITOR = "vi"


def open_pager(app: App[Any], text: str) -> None:
    """Show a sanitised text in $PAGER. It goes through a pipe and never touches the disk."""
    _lend(app, _command(("PAGER",), PAGER), "pager", text.encode("utf-8", "replace"))


def view_in_editor(app: App[Any], text: str, name: str) -> None:
    """Open a copy of a sanitised text in $VISUAL or $EDITOR; changes there change nothing here.

    The copy is in a folder that nobody else can read, and is deleted with it.

    Args:
        app: the dashboard, which steps aside.
        text: what to write.
        name: the name of the file, without a path; editors choose their highlighting by its suffix.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:  # made with mode 0700
            path = Path(folder) / name
            path.touch(mode=0o600)
            path.write_bytes(text.encode("utf-8", "replace"))
            _lend(app, [*_command(("VISUAL", "EDITOR"), EDITOR), str(path)], "editor")
    except OSError as error:
        app.post_message(
            ActionFailed(BatchtuiError(f"The copy for the editor could not be written: {error.strerror}."))
        )


def edit_text(app: App[Any], text: str, name: str) -> str | None:
    """Open a text in $VISUAL or $EDITOR and return it as it was left; None where no editor could be started.

    Args:
        app: the dashboard, which steps aside.
        text: the text as it is; a line end that the editor adds is removed again.
        name: the name of the file, without a path; editors choose their highlighting by its suffix.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:  # made with mode 0700
            path = Path(folder) / name
            path.touch(mode=0o600)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            if not _lend(app, [*_command(("VISUAL", "EDITOR"), EDITOR), str(path)], "editor"):
                return None
            edited = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError as error:
        app.post_message(ActionFailed(BatchtuiError(f"The copy for the editor was lost: {error.strerror}.")))
        return None
    return edited if text.endswith("\n") else edited.removesuffix("\n")


def edit_file(app: App[Any], path: Path) -> None:
    """Open a file itself in $VISUAL or $EDITOR."""
    _lend(app, [*_command(("VISUAL", "EDITOR"), EDITOR), str(path)], "editor")


def _command(variables: tuple[str, ...], otherwise: str) -> list[str]:
    chosen = next((value for name in variables if (value := os.environ.get(name))), otherwise)
    try:
        return shlex.split(chosen) or shlex.split(otherwise)
    except ValueError:
        return shlex.split(otherwise)


def _lend(app: App[Any], command: list[str], what: str, data: bytes | None = None) -> bool:
    """Give the terminal to another program until it ends. Returns whether it could be started."""
    try:
        with app.suspend():
            fault = _run(command, data)
    except SuspendNotSupported:
        app.post_message(ActionFailed(BatchtuiError(f"A {what} cannot use this terminal.", title=f"No {what} here")))
        return False
    if fault is not None:
        hint = "Set $VISUAL or $EDITOR." if what == "editor" else "Set $PAGER."
        app.post_message(
            ActionFailed(BatchtuiError(f"The {what} {command[0]} cannot be started: {fault.strerror}.", hint=hint))
        )
    return fault is None


def _run(command: list[str], data: bytes | None) -> OSError | None:
    """Run a program. Returns why it could not be started: raised, that would leave the dashboard stepped aside."""
    try:
        run_in_foreground(command, data)
    except OSError as error:
        return error
    return None
