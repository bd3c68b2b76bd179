"""Ending the process without taking it apart: that takes longer than a person waits, with the SDK's 3,400 modules."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process with this exit code, as `sys.exit` does, but for the half second of cleaning memory up.

    What wants to be told of the end is told, and what was written is written out. Where a thread still works that an
    ordinary end would wait for, the end is an ordinary one.
    """
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 (the standard library offers no other way)
    for stream in (sys.stdout, sys.stderr):
        with suppress(
            OSError, ValueError, AttributeError
        ):  # gone, closed or None: `door.run` has made an exit code of that
            stream.flush()
    os._exit(code)
