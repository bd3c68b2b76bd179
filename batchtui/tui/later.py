"""What the first frame does without: it is imported, and garbage looked for, right after it."""

from __future__ import annotations

import gc
import importlib
import threading

MODULES = (
    "batchtui.services.collect",
    "batchtui.services.sync",
    "batchtui.tui.again",
    "batchtui.tui.acts",
    "batchtui.tui.composing",
    "batchtui.tui.labelling",
    "batchtui.tui.sending",
    "batchtui.tui.screens.batch",
    "batchtui.tui.screens.columns",
    "batchtui.tui.screens.activity",
    "batchtui.tui.screens.help",
    "batchtui.tui.screens.palette",
    "batchtui.tui.screens.settings",
    "batchtui.tui.screens.spend",
    "batchtui.tui.screens.warnings",
)


def put_off_collecting() -> None:
    """Look for no garbage while the program starts: what it makes then stays, and looking through it takes a tenth."""
    gc.disable()


def load() -> None:
    """Begin to import them, so that no key has to wait for it either, on a thread of their own."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    threading.Thread(target=_load, name="loading", daemon=True).start()


def _load() -> None:
    for name in MODULES:
        importlib.import_module(name)
