"""Reading in the person's own pager: the dashboard steps aside and comes back."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.messages import Failed

if TYPE_CHECKING:
    from typing import Any

    from textual.app import App

DEFAULT = "less -R"


def page(app: App[Any], text: str) -> None:
    """Show a text, safe already, in $PAGER; the text goes through a pipe and never touches the disk."""
    try:
        command = shlex.split(os.environ.get("PAGER") or DEFAULT)
    except ValueError:
        command = shlex.split(DEFAULT)
    try:
        with app.suspend():
            subprocess.run(command, input=text.encode("utf-8", "replace"), check=False)  # noqa: S603 (the person's own)
    except SuspendNotSupported:
        app.post_message(Failed(BatchtuiError("This terminal cannot be lent to a pager.", title="No pager here")))
    except OSError as error:
        app.post_message(
            Failed(BatchtuiError(f"The pager {command[0]} cannot be started: {error.strerror}.", hint="Set $PAGER."))
        )
