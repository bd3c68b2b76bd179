"""What of Textual's insides the dashboard uses: each part is named here, and said when a new version changes it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from functools import cache

import pytest
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message_pump import MessagePump
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Input, TextArea

import batchtui.tui
from batchtui.tui.terminal.textual_fixes import require

MODULES = sorted(module.name for module in pkgutil.walk_packages(batchtui.tui.__path__, "batchtui.tui."))


@dataclass(frozen=True)
class Internal:
    """A part of Textual that it promises nobody to keep."""

    owner: type
    name: str
    parameters: str | None = None
    """Of a method, without self; None for what is no method, and `set` by a statement in the class."""


INTERNALS = [
    Internal(StylesCache, "get_inner_outer", "base_background background"),
    # textual_fixes.py
    Internal(App, "_fatal_error", ""),
    Internal(MessagePump, "_close_messages_no_wait", ""),
    Internal(App, "_exception"),
    Internal(App, "_driver"),
    Internal(Input, "_value"),
    Internal(Input, "_position_to_cell", "position"),
    Internal(ScrollBar, "renderer"),
    Internal(ScrollBarRender, "VERTICAL_BARS"),
    Internal(ScrollBarRender, "HORIZONTAL_BARS"),
    Internal(Stylesheet, "set_variables", "variables"),
    Internal(Stylesheet, "reparse", ""),
    Internal(Stylesheet, "parse", ""),
    Internal(Stylesheet, "_parse_cache"),
    Internal(Stylesheet, "_variables"),
    # prompt_editor.py
    Internal(TextArea, "get_line", "line_index"),
    # driver.py
    Internal(LinuxDriver, "_file"),
    Internal(LinuxDriver, "_key_thread"),
    Internal(LinuxDriver, "attrs_before"),
    Internal(LinuxDriver, "_query_in_band_window_resize", ""),
    Internal(LinuxDriver, "_run_input_thread", ""),
    Internal(LinuxDriver, "start_application_mode", ""),
    Internal(LinuxDriver, "stop_application_mode", ""),
    Internal(LinuxDriver, "disable_input", ""),
    Internal(LinuxDriver, "run_input_thread", ""),
    Internal(LinuxDriver, "_patch_lflag", "attrs"),
    Internal(LinuxDriver, "_patch_iflag", "attrs"),
    Internal(LinuxDriver, "_sigtstp_application", "_"),
    Internal(LinuxDriver, "_sigcont_application", "_"),
    Internal(Driver, "_loop"),
    Internal(Driver, "_auto_restart"),
    Internal(LinuxDriver, "_must_signal_resume"),
    Internal(Driver, "_app"),
    Internal(Driver, "_debug"),
    Internal(Driver, "process_message", "message"),
    Internal(App, "_handle_exception", "error"),
    Internal(XTermParser, "_timeout_time"),
    Internal(XTermParser, "_tokens"),
    Internal(XTermParser, "_gen"),
    Internal(XTermParser, "_awaiting"),
    Internal(XTermParser, "_sequence_to_key_events", "sequence alt"),
    Internal(XTermParser, "parse", "token_callback"),
    Internal(XTermParser, "feed", "data"),
    Internal(XTermParser, "tick", ""),
]
IMPORTED = {
    ("textual._xterm_parser", "XTermParser"),
    ("textual._ansi_sequences", "ANSI_SEQUENCES_KEYS"),
    ("textual._keyboard_protocol", "FUNCTIONAL_KEYS"),
    ("textual._styles_cache", "StylesCache"),
}
"""What is imported of Textual's private modules."""


@pytest.mark.parametrize("part", INTERNALS, ids=lambda part: f"{part.owner.__name__}.{part.name}")
def test_textual_has_every_part_that_is_used_of_its_insides(part: Internal) -> None:
    name = f"{part.owner.__name__}.{part.name}"
    assert _has(part.owner, part.name), f"Textual changed {name}"
    if part.parameters is not None:
        method = inspect.getattr_static(part.owner, part.name)
        method = getattr(method, "__func__", method)
        words = [word for word in inspect.signature(method).parameters if word not in ("self", "cls")]
        assert " ".join(words) == part.parameters, f"Textual changed {name}: it takes {words}"


@pytest.mark.parametrize(("module", "name"), sorted(IMPORTED))
def test_private_names_imported_from_textual_exist(module: str, name: str) -> None:
    try:
        assert hasattr(importlib.import_module(module), name)
    except (AssertionError, ImportError):
        pytest.fail(f"Textual changed {module}.{name}")


async def test_a_command_is_carried_out_by_a_method_whose_name_is_private() -> None:
    class Heard(App[None]):
        is_heard = False

        def _action_speak(self) -> None:
            self.is_heard = True

    app = Heard()
    async with app.run_test():
        await app.run_action("speak")
    assert app.is_heard, "Textual changed App.run_action: it does not look for _action_NAME any more"


def test_an_override_of_what_textual_does_not_have_any_more_fails_at_import() -> None:
    with pytest.raises(ImportError, match=r"^Textual changed Input\._rendered_value"):
        require(Input, "_value", "_rendered_value")


# ── and no other part is used ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.long
def test_private_parts_of_textual_are_used_in_one_folder_and_named_here() -> None:
    """A class must not take a private name of its Textual base by chance, either: both would mean the same attribute.

    Private parts of other objects than self are forbidden by the linter (SLF001).
    """
    named = {part.name for part in INTERNALS}
    found = []
    for module in MODULES:
        is_here = module.startswith("batchtui.tui.terminal.")
        source = inspect.getsource(importlib.import_module(module))
        imports = re.findall(r"^\s*from (textual\._\S+) import (\w+)$", source, re.MULTILINE)
        found += [f"{module}: {at}.{name}" for at, name in imports if not is_here or (at, name) not in IMPORTED]
        found += [f"{module}: noqa SLF001" for _ in re.findall("noqa:.*SLF001", source) if not is_here]
        for ours in _classes_of(module):
            theirs = {name for base in ours.__mro__ if base.__module__.startswith("textual.") for name in _names(base)}
            taken = (_names(ours) & theirs) - (named if is_here else set()) - MADE_BY_PYTHON
            found += [f"{module}: {ours.__name__}.{name}" for name in sorted(taken)]
    assert not found


def test_every_part_that_is_named_is_used() -> None:
    text = "".join(inspect.getsource(importlib.import_module(module)) for module in MODULES)
    assert not [part.name for part in INTERNALS if not re.search(rf"\b{part.name}\b", text)]


MADE_BY_PYTHON = {
    # Set on every class by its metaclass, or by Textual's __init_subclass__.
    "_abc_impl", "_computes", "_css_bubbled", "_css_type_name", "_css_type_names", "_decorated_handlers",
    "_inherit_bindings", "_inherit_component_classes", "_inherit_css", "_merged_bindings", "_reactives",
}  # fmt: skip


def _classes_of(module: str) -> list[type]:
    return [
        each
        for each in vars(importlib.import_module(module)).values()
        if inspect.isclass(each) and each.__module__ == module
    ]


@cache
def _names(of: type) -> frozenset[str]:
    """Return the private names that a class defines itself, or reads or sets on self."""
    try:
        on_self = re.findall(r"\b(?:self|super\(\))\.(_[a-z]\w*)", inspect.getsource(of))
    except (OSError, TypeError):  # made without source, as an enum's or a named tuple's base is
        on_self = []
    return frozenset(on_self) | {name for name in vars(of) if re.match("_[a-z]", name)}


def _has(owner: type, name: str) -> bool:
    """Whether a class has it, or a method of it or of a base sets it."""
    return hasattr(owner, name) or any(
        re.search(rf"\bself\.{name}\b[^=\n]*=", inspect.getsource(base)) for base in owner.__mro__[:-1]
    )
