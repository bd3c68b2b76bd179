"""Find templates by name, the user's before the built-in ones; every save is a new version."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from batchtui.templates.faults import InvalidTemplate
from batchtui.templates.serialization import parse_template, template_text

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.templates.template import Template

DEFAULT = "default"
"""The template of data that says nothing about itself: the prompt is the data."""
SUFFIXES = (".md", ".txt", ".j2", ".toml")
EARLIER = "earlier"
"""The folder of versions that were saved over."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_LONGEST = 20_000_000
"""Bytes of a template's file; a longer one is something else."""


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """One template of the list."""

    name: str
    version: int
    description: str
    is_own: bool
    """Whether it is the user's."""
    fault: str = ""
    """Why it cannot be used."""


def is_name(name: str) -> bool:
    """Return whether this is a legal name of a template; a path is not."""
    return _NAME.fullmatch(name) is not None


def find_template(name: str, folder: Path | None) -> Template | None:
    """Return a template by name or `NAME@VERSION`; a user's template hides a built-in one. None where there is none.

    Raises:
        InvalidTemplate: it is not written as it should be.
    """
    bare, _, version = name.partition("@")
    if not is_name(bare):
        return None
    # In this order: where somebody keeps two files of one name, the same one is always found.
    for suffix in SUFFIXES if folder else ():
        path = folder / (bare + suffix) if folder else None
        if path is not None and path.is_file():
            found = read_template(path, bare)
            if not version or version == str(found.version):
                return found
    if version:
        path = folder / EARLIER / f"{bare}.{version}.md" if folder and version.isdecimal() else None
        return read_template(path, bare) if path is not None and path.is_file() else None
    built_in = files("batchtui.templates") / "built_in" / f"{bare}.md"
    return parse_template(bare, built_in.read_text("utf-8")) if built_in.is_file() else None


def read_template(path: Path, name: str | None = None) -> Template:
    """Read a template from a file.

    Raises:
        InvalidTemplate: it cannot be read, or is not written as it should be.
    """
    name = name or path.stem
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise InvalidTemplate(f'the template "{name}" cannot be read: {error.strerror or error}') from None
    if len(content) > _LONGEST or b"\0" in content[:4096]:
        raise InvalidTemplate(f'the template "{name}" is not text')
    try:
        return parse_template(name, content.decode("utf-8"), is_toml=path.suffix == ".toml")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise InvalidTemplate(f'the template "{name}", line {line}: this is not UTF-8') from None


def list_templates(folder: Path | None) -> list[TemplateEntry]:
    """Return all templates: first the user's, then the built-in ones, each sorted by name."""
    own: dict[str, TemplateEntry] = {}
    for path in sorted(folder.iterdir()) if folder and folder.is_dir() else ():
        if path.suffix in SUFFIXES and is_name(path.stem) and path.is_file():
            own.setdefault(path.stem, _listed(path.stem, folder, is_own=True))
    # importlib.resources and not a path: the package may lie in a zip.
    ours = sorted(entry.name[:-3] for entry in (files("batchtui.templates") / "built_in").iterdir())
    return [*own.values(), *(_listed(name, None, is_own=False) for name in ours if name not in own)]


def save_template(template: Template, folder: Path) -> Template:
    """Save a template as the next version of its name and keep earlier versions. Returns the saved template.

    Raises:
        InvalidTemplate: the name is not legal, or the disk refuses.
    """
    if not is_name(template.name):
        raise InvalidTemplate(f'"{template.name[:60]}" is not a valid template name; use letters, digits, - and _')
    home = folder / f"{template.name}.md"
    try:
        before = read_template(home) if home.is_file() else None
        saved = replace(template, version=before.version + 1 if before else 1)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if before is not None:
            earlier = folder / EARLIER
            earlier.mkdir(mode=0o700, exist_ok=True)
            # Its bytes, so that comments and layout of the author are kept.
            (earlier / f"{template.name}.{before.version}.md").write_bytes(home.read_bytes())
        aside = folder / f".{template.name}.part"
        aside.write_text(template_text(saved), "utf-8")
        aside.chmod(0o600)
        aside.replace(home)
    except (OSError, UnicodeEncodeError) as error:
        raise InvalidTemplate(f'the template "{template.name}" could not be saved: {error}') from None
    return saved


def _listed(name: str, folder: Path | None, *, is_own: bool) -> TemplateEntry:
    try:
        found = find_template(name, folder)
    except InvalidTemplate as fault:
        return TemplateEntry(name, 0, "", is_own, str(fault))
    assert found is not None
    return TemplateEntry(name, found.version, found.description, is_own)
