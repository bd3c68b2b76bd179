"""Check values of the settings file where type and bounds do not say enough: `as_bool`.

pydantic reads the file, and finds these marks. It is not imported for them: a start without a settings file has nothing
to read, and the import is a quarter of what `batchtui list` takes in all.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

ADDRESS = "an address that begins with https://"


@dataclass(frozen=True, slots=True)
class Validated:
    """Marks a type whose values pass through a function first, which raises ValueError with what is expected."""

    by: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tell pydantic, by its own protocol for such marks."""
        from pydantic_core.core_schema import no_info_before_validator_function

        return no_info_before_validator_function(self.by, schema=handler(source))


def as_bool(value: Any) -> Any:
    """Return a boolean; 1 and "yes" are refused."""
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004  (what pydantic gathers)
    return value


def as_number(value: Any) -> Any:
    """Return a number; a boolean is refused."""
    if isinstance(value, bool):
        raise ValueError("a number")  # noqa: TRY004  (what pydantic gathers)
    return value


def as_reuse(value: Any) -> Any:
    """Return which answers are reused, where it can be read as such."""
    from batchtui.domain.costs.known_requests import ReusePolicy

    if not isinstance(value, str):
        raise ValueError("on, off, all, an age such as 30d, or all,30d")  # noqa: TRY004  (what pydantic gathers)
    ReusePolicy.parse(value)
    return value


def as_time_of_day(value: Any) -> Any:
    """Return a time of day such as `18:00`, or nothing."""
    if not isinstance(value, str) or (value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value)):
        raise ValueError("a time of day such as 18:00")
    return value


def as_words(value: Any) -> Any:
    """Return a list of words, from a list or from one line that is split like in a shell."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError:
        raise ValueError("a list of words (an unclosed quotation mark)") from None


def as_labels(value: Any) -> Any:
    """Return the labels of a review, from a list or from one line with commas between them."""
    from batchtui.domain.results.mark import label_complaint, split_labels

    names = split_labels(value) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ValueError("a list of labels")
    if complaint := label_complaint(names):
        raise ValueError(complaint)
    return names


def as_reviewer(value: Any) -> Any:
    """Return the name of a reviewer, or nothing."""
    from batchtui.domain.results.mark import reviewer_complaint

    if isinstance(value, str) and value and (complaint := reviewer_complaint(value)):
        raise ValueError(complaint)
    return value


def as_url(value: Any) -> Any:
    """Return a web address or nothing. Only https, or this machine: notices name the user's work."""
    if not isinstance(value, str) or not value:
        return value
    try:
        parts = urlsplit(value)
        is_near = parts.hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        raise ValueError(ADDRESS) from None
    if not parts.hostname or parts.scheme not in ("https", "http") or any(map(str.isspace, value)):
        raise ValueError(ADDRESS)
    if parts.scheme == "http" and not is_near:
        raise ValueError(f"{ADDRESS} (http:// is for this machine only)")
    return value
