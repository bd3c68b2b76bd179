"""Find the manual's pages, which lie beside this module: `TOPICS`, `read_page`, `read_section`.

They are read by `batchtui help`, by the dashboard's help, and on the web as they are. The comment
`<!-- about: submit -->` below a page's first paragraph names the commands that it explains.
"""

from __future__ import annotations

import re
from pathlib import Path

TOPICS = (
    "submit", "watch", "results", "judge", "review", "retry", "continue", "compose", "money", "filters", "keys",
    "settings", "scripting", "python", "testing", "simulator", "security", "troubleshooting", "errors", "glossary",
)  # fmt: skip
"""The pages, in the order in which `batchtui help` lists them."""
ERRORS = "errors"
"""The page with a section for the code of each error and of each finding of `check`."""
FINDINGS = "Findings"
"""The heading in it below which the findings stand."""
_FOLDER = Path(__file__).parent
_ABOUT = re.compile(r"<!-- about: ([a-z ]+) -->")
_SECTION = re.compile(r"^(#{2,3}) (.+)$", re.MULTILINE)


def read_page(topic: str) -> str:
    """Return the Markdown of a page of `TOPICS`."""
    return (_FOLDER / f"{topic}.md").read_text(encoding="utf-8")


def title_of(page: str) -> str:
    """Return the first heading of a page."""
    return page.partition("\n")[0].removeprefix("# ")


def summary_of(page: str) -> str:
    """Return the first paragraph of a page, which says in a sentence what it is about."""
    return " ".join(page.split("\n\n")[1].split())


def commands_of(page: str) -> tuple[str, ...]:
    """Return the commands that a page explains; empty where it explains none."""
    found = _ABOUT.search(page)
    return tuple(found[1].split()) if found else ()


def topic_about(command: str) -> str | None:
    """Return the topic whose page explains a command; None where none does."""
    return next((topic for topic in TOPICS if command in commands_of(read_page(topic))), None)


def read_section(page: str, heading: str) -> str | None:
    """Return the section below this heading, with the heading, up to the next one of its level; None without it."""
    headings = list(_SECTION.finditer(page))
    for place, found in enumerate(headings):
        if found[2].casefold() == heading.casefold():
            # Deeper headings belong to the section.
            level = len(found[1])
            later = (each.start() for each in headings[place + 1 :] if len(each[1]) <= level)
            return page[found.start() : next(later, len(page))].strip() + "\n"
    return None


def error_codes() -> tuple[str, ...]:
    """Return the code of every error that the manual explains, in its order."""
    return tuple(found[2] for found in _SECTION.finditer(read_page(ERRORS)) if found[2].startswith("BT-"))


def finding_codes() -> tuple[str, ...]:
    """Return the code of everything that `check` can find in a file, in the order of the manual."""
    section = read_section(read_page(ERRORS), FINDINGS) or ""
    return tuple(found[2] for found in _SECTION.finditer(section) if len(found[1]) == 3)


def read_code(name: str) -> str | None:
    """Return the section about an error or a finding: `BT-COST-LIMIT`, `cost_limit`, `custom-id-duplicate`.

    None without one.
    """
    word = name.casefold().replace("_", "-")
    if word in finding_codes():
        return read_section(read_page(ERRORS), word)
    code = word.upper()
    return read_section(read_page(ERRORS), code if code.startswith("BT-") else f"BT-{code}")
