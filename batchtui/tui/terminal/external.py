"""Reading in the person's own pager or editor: the dashboard steps aside and comes back."""

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
    """Show a text, safe already, in $PAGER; the text goes through a pipe and never touches the disk."""
    _lend(app, _command(("PAGER",), PAGER), "pager", text.encode("utf-8", "replace"))


def view_in_editor(app: App[Any], text: str, name: str) -> None:
    """Open a copy of a text, safe already, in $VISUAL or $EDITOR; what is changed there changes nothing here.

    The copy lies in a folder that nobody else can look into, and is gone when the editor is.

    Args:
        app: the dashboard, which steps aside.
        text: what to write.
        name: of the file, for its ending tells the editor what it is; no path.
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
    """Open a text in $VISUAL or $EDITOR and return it as it was left there; None where no editor could be had.

    Args:
        app: the dashboard, which steps aside.
        text: as it is; the line end that an editor adds at its end is taken away again.
        name: of the file, for its ending tells the editor what it is; no path.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:  # made with mode 0700
            path = Path(folder) / name
            path.touch(mode=0o600)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            if not _lend(app, [*_command(("VISUAL", "EDITOR"), EDITOR), str(path)], "editor"):
                return None
            left = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    except OSError as error:
        app.post_message(ActionFailed(BatchtuiError(f"The copy for the editor was lost: {error.strerror}.")))
        return None
    return left if text.endswith("\n") else left.removesuffix("\n")


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
    """Give the terminal to another program until that ends. Returns whether that could be started."""
    try:
        with app.suspend():
            fault = _run(command, data)
    except SuspendNotSupported:
        app.post_message(
            ActionFailed(BatchtuiError(f"This terminal cannot be lent to {what}s.", title=f"No {what} here"))
        )
        return False
    if fault is not None:
        hint = "Set $VISUAL or $EDITOR." if what == "editor" else "Set $PAGER."
        app.post_message(
            ActionFailed(BatchtuiError(f"The {what} {command[0]} cannot be started: {fault.strerror}.", hint=hint))
        )
    return fault is None


def _run(command: list[str], data: bytes | None) -> OSError | None:
    """Run a program, and return why that could not be: raised, it would leave the dashboard stepped aside for good."""
    try:
        run_in_foreground(command, data)
    except OSError as error:
        return error
    return None
