"""What the first frame does without: it is imported, and garbage looked for, right after it."""

from __future__ import annotations

import gc
import importlib
import threading

MODULES = (
    "batchtui.services.results.collect",
    "batchtui.services.batches.sync",
    "batchtui.tui.retry.open",
    "batchtui.tui.compare.open",
    "batchtui.tui.export.open",
    "batchtui.tui.actions.flows",
    "batchtui.tui.compose.open",
    "batchtui.tui.submit.flows",
    "batchtui.tui.results.batch_screen",
    "batchtui.tui.batches.column_picker",
    "batchtui.tui.activity.screen",
    "batchtui.tui.dialogs.help",
    "batchtui.tui.dialogs.command_palette",
    "batchtui.tui.settings.screen",
    "batchtui.tui.spending.screen",
    "batchtui.tui.warnings.screen",
)


def delay_gc() -> None:
    """Look for no garbage while the program starts: what it makes then stays, and looking through it takes a tenth."""
    gc.disable()


def preload_screens() -> None:
    """Begin to import them, so that no key has to wait for it either, on a thread of their own."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    threading.Thread(target=_load, name="loading", daemon=True).start()


def _load() -> None:
    for name in MODULES:
        importlib.import_module(name)
