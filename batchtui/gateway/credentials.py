"""Tell which credential would be used and where it would go, without reading a secret or importing the SDK."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from batchtui.gateway.redaction import dig, redact

DEFAULT_BASE_URL = "https://api.anthropic.com"
_FEDERATION = ("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID")
_IDENTITY = ("ANTHROPIC_IDENTITY_TOKEN_FILE", "ANTHROPIC_IDENTITY_TOKEN")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the SDK's chain would find now (anthropic 2.11.0, its client's docstring). Holds names, never a secret."""

    source: str
    """In words, as in "ANTHROPIC_API_KEY in the environment"."""
    found: bool
    destination: str
    """The base URL, without a user's name or password."""
    passed_over: tuple[str, ...] = ()
    """Other sources that are set and not used."""

    @property
    def travels_open(self) -> bool:
        """Whether it would go to another machine unencrypted."""
        try:
            parts = urlsplit(self.destination)
        except ValueError:
            return False
        return parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1")


def describe_credentials(profile: str | None = None) -> str | None:
    """Say in words which credential would be used, and what else is set; None where there is none."""
    found = find_credentials(profile)
    if not found.found:
        return None
    beside = ", ".join(found.passed_over)
    return f"{found.source}; not used: {beside}" if beside else found.source


def find_credentials(profile: str | None = None, *, base_url: str | None = None) -> Credentials:
    """Return which source wins: a named profile, the key, the token, ANTHROPIC_PROFILE, workload identity, the login.

    Whether the credential is accepted only the API can say. `base_url` is what would be passed to `connect`.
    """
    chain = [_named(profile)] if profile else _chain()
    present = [name for name, found in chain if found]
    source = present[0] if present else chain[0][0] if profile else "no key, token or profile"
    # The base URL of a profile holds only where its credential is used; with a key or token the SDK ignores it.
    pinned = _pinned(profile or (None if _has_static() else _active_profile()))
    address = base_url or os.environ.get("ANTHROPIC_BASE_URL") or pinned or DEFAULT_BASE_URL
    return Credentials(source, bool(present), _shown(address), tuple(present[1:]))


def _chain() -> list[tuple[str, bool]]:
    """Return the SDK's order behind an explicit argument; empty variables count as unset, as there."""
    named, active = os.environ.get("ANTHROPIC_PROFILE"), _active_profile()
    federation = all(map(os.environ.get, _FEDERATION)) and any(map(os.environ.get, _IDENTITY))
    # `_active_profile` returns a named profile too, which would then be listed twice.
    login = [] if named else [(f"the profile {redact(active, 80)} of `ant auth login`", _config_of(active).is_file())]
    return [
        ("ANTHROPIC_API_KEY in the environment", bool(os.environ.get("ANTHROPIC_API_KEY"))),
        ("ANTHROPIC_AUTH_TOKEN in the environment", bool(os.environ.get("ANTHROPIC_AUTH_TOKEN"))),
        (f"the profile {redact(named, 80)} (ANTHROPIC_PROFILE)", bool(named)),
        ("workload identity from the environment", federation),
        *login,
        ("a header in ANTHROPIC_CUSTOM_HEADERS", _has_custom_header()),
    ]


def _named(profile: str) -> tuple[str, bool]:
    return f"the profile {redact(profile, 80)} (--profile)", _config_of(profile).is_file()


def _has_static() -> bool:
    return bool(os.environ.get("ANTHROPIC_API_KEY") or os.environ.get("ANTHROPIC_AUTH_TOKEN"))


def _has_custom_header() -> bool:
    """Gateways are often reached so; the SDK sends these headers and asks for no other credential then."""
    lines = os.environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")
    return any(line.partition(":")[0].strip().lower() in ("authorization", "x-api-key") for line in lines)


def _folder() -> Path:
    return Path(os.environ.get("ANTHROPIC_CONFIG_DIR") or Path.home() / ".config" / "anthropic")


def _active_profile() -> str:
    try:
        pointed = (_folder() / "active_config").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        pointed = ""
    return os.environ.get("ANTHROPIC_PROFILE") or pointed or "default"


def _config_of(profile: str) -> Path:
    """Return the profile's public half (its secret half is another file, never opened here)."""
    # The name becomes part of a path: `../x` must not lead out of the folder.
    is_a_name = not (profile.startswith(".") or set(profile) & set("/\\\0"))
    return _folder() / "configs" / (f"{profile}.json" if is_a_name else "")


def _pinned(profile: str | None) -> str | None:
    """Return the base URL that a profile names for itself."""
    if not profile:
        return None
    try:
        address = dig(json.loads(_config_of(profile).read_bytes()), "base_url")
    except (OSError, ValueError, RecursionError):
        return None
    return address if isinstance(address, str) and address else None


def _shown(address: str) -> str:
    try:
        parts = urlsplit(address)
        return redact(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl(), 200)
    except ValueError:
        return "an invalid address"
