"""`batchtui config`: the settings, what they mean, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command(
    "config", examples=["batchtui config", "batchtui config --template > config.toml", "batchtui config --json"]
)
@click.option("--template", is_flag=True, help="Print a settings file that changes nothing, to start from.")
def command(session: Session, template: bool) -> None:
    """Show every setting with its value and meaning, and the file they come from."""
    from batchtui.settings import reference
    from batchtui.settings.loading import load_settings

    if template:
        session.out.line(reference.template().rstrip("\n"))
        return
    entries = reference.entries(load_settings(session.paths.config_file))
    if session.json:
        settings = [
            {
                "key": entry.key,
                "value": entry.shown or None,
                "default": entry.default or None,
                "changed": entry.is_changed,
                "meaning": entry.meaning,
            }
            for entry in entries
        ]
        session.out.document({"file": str(session.paths.config_file), "settings": settings})
        return
    # People look for this file to write their first setting: it is named also while there is none.
    exists = session.paths.config_file.exists()
    session.out.line(
        f"# {sanitize(str(session.paths.config_file))}{'' if exists else ' (no file; the defaults apply)'}"
    )
    for entry in entries:
        mark = f"   (default {entry.default or 'not set'})" if entry.is_changed else ""
        session.out.line(f"\n# {sanitize(entry.meaning)}")
        session.out.line(f"{entry.key} = {sanitize(entry.shown)}{mark}" if entry.value else f"{entry.key}: not set")
