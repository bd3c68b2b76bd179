"""Import after the first frame what that does without: `preload_screens`, on a thread.

The first frame has a budget of imports. A key that opens a screen must not wait for them either.
"""

from __future__ import annotations

import gc
import importlib
import threading

MODULES = (
    "batchtui.services.results.collect",
    "batchtui.services.batches.sync",
    "batchtui.tui.screens.retry.open",
    "batchtui.tui.screens.compare.open",
    "batchtui.tui.screens.export.open",
    "batchtui.tui.actions.flows",
    "batchtui.tui.screens.compose.open",
    "batchtui.tui.submit.flows",
    "batchtui.tui.screens.results.batch_screen",
    "batchtui.tui.screens.batches.column_picker",
    "batchtui.tui.screens.activity.screen",
    "batchtui.tui.dialogs.help",
    "batchtui.tui.dialogs.command_palette",
    "batchtui.tui.screens.settings.screen",
    "batchtui.tui.screens.spending.screen",
    "batchtui.tui.screens.warnings.screen",
)


def delay_gc() -> None:
    """Turn the garbage collector off during start-up: nothing is freed then, and it takes a tenth of the time."""
    gc.disable()


def preload_screens() -> None:
    """Start the imports on a thread, and turn the garbage collector on again."""
    if not gc.isenabled():
        # What has been imported stays forever: full collections need not look through it.
        gc.freeze()
        gc.enable()
    threading.Thread(target=_load, name="loading", daemon=True).start()


def _load() -> None:
    for name in MODULES:
        importlib.import_module(name)
