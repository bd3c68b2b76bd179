"""Examine versions, paths, credentials, the API, clocks and stored files: `run_checks`."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from batchtui import __version__
from batchtui.domain.errors import BatchtuiError
from batchtui.domain.limits import CLOCK_SKEW_ALLOWED
from batchtui.registry.database.migrations import LATEST
from batchtui.services.insights.warnings import list_warnings

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace


class Health(StrEnum):
    """Whether the result of a check is good, worth knowing, or bad."""

    GOOD = "good"
    NOTE = "note"
    """Nothing is wrong, and it may be worth knowing."""
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The result of one check."""

    topic: str
    """A stable word: versions, places, registry, space, credentials, api, clock, results …"""
    health: Health
    message: str
    hint: str = ""


async def run_checks(workspace: Workspace, *, offline: bool = False) -> list[HealthCheck]:
    """Run all checks; a failure is a result, not an exception. Makes one free call unless `offline`."""
    findings = [_versions(), *_places(workspace), await _registry(workspace), _space(workspace)]
    findings.append(_settings(workspace))
    findings.append(await _credentials(workspace))
    if not offline:
        findings += await _api(workspace)
    return findings + await _warnings(workspace)


async def _warnings(workspace: Workspace) -> list[HealthCheck]:
    """Return the warnings, without those about what is checked here in detail."""
    return [
        HealthCheck("warning", Health.NOTE, warning.message, warning.advice)
        for warning in await list_warnings(workspace)
        if warning.kind not in ("credentials", "clock")
    ]


def _versions() -> HealthCheck:
    from importlib.metadata import version

    names = ("anthropic", "textual", "pydantic", "aiosqlite")
    parts = [f"batchtui {__version__}", f"Python {platform.python_version()}", *(f"{n} {version(n)}" for n in names)]
    return HealthCheck("versions", Health.GOOD, ", ".join(parts) + f", on {platform.system()} {platform.machine()}")


def _places(workspace: Workspace) -> list[HealthCheck]:
    paths = workspace.paths
    places = {"config": paths.config_file, "registry": paths.registry, "requests": paths.requests,
              "results": paths.results, "logs": paths.logs}  # fmt: skip
    findings = [HealthCheck("places", Health.GOOD, f"{name}: {path}") for name, path in places.items()]
    open_to_others = [path for path in (paths.registry, paths.requests, paths.results) if _is_open_to_others(path)]
    findings += [
        HealthCheck("places", Health.BAD, f"{path} can be read by others.", f"chmod go-rwx {path}")
        for path in open_to_others
    ]
    return findings


def _is_open_to_others(path: Path) -> bool:
    # Windows has no such permissions: Python makes up these bits from the read-only flag.
    return sys.platform != "win32" and path.exists() and bool(path.stat().st_mode & 0o077)


async def _registry(workspace: Workspace) -> HealthCheck:
    tally = await workspace.registry.queries.tally()
    states = ", ".join(f"{count} {state}" for state, count in tally.states.items()) or "empty"
    return HealthCheck("registry", Health.GOOD, f"schema {LATEST}; {states}")


def _space(workspace: Workspace) -> HealthCheck:
    paths = workspace.paths
    kept = ", ".join(f"{name} {_megabytes(folder)} MB" for name, folder in
                     (("requests", paths.requests), ("results", paths.results)))  # fmt: skip
    free = shutil.disk_usage(paths.registry.parent).free / 1e9
    health = Health.GOOD if free > 1 else Health.BAD
    return HealthCheck(
        "space",
        health,
        f"kept: {kept}; {free:,.1f} GB free",
        "" if free > 1 else "Free disk space; `batchtui prune` lists what can be deleted.",
    )


def _megabytes(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
    return f"{size / 1e6:,.1f}"


def _settings(workspace: Workspace) -> HealthCheck:
    try:
        _ = workspace.settings
    except BatchtuiError as error:
        return HealthCheck("settings", Health.BAD, error.message, error.hint)
    exists = workspace.paths.config_file.exists()
    return HealthCheck("settings", Health.GOOD, "read" if exists else "no file; the defaults apply")


async def _credentials(workspace: Workspace) -> HealthCheck:
    from batchtui.gateway.credentials import describe_credentials, find_credentials

    found = describe_credentials(workspace.profile)
    if found is None:
        return HealthCheck(
            "credentials", Health.BAD, "none found", "Set ANTHROPIC_API_KEY, or log in with `ant auth login`."
        )
    used = find_credentials(workspace.profile, base_url=workspace.base_url)
    if used.travels_open:
        open_way = f"{found}; everything, the key included, travels unencrypted to {used.destination}"
        return HealthCheck("credentials", Health.NOTE, open_way, "Use an https address in ANTHROPIC_BASE_URL.")
    return HealthCheck("credentials", Health.GOOD, found)


async def _api(workspace: Workspace) -> list[HealthCheck]:
    """List one batch: free, and the answer has every header worth knowing."""
    began = workspace.clock.monotonic()
    try:
        gateway = await workspace.gateway()
        # One entry, as what is wanted are the headers: request id, account, rate limits and the clock.
        await gateway.list_page(limit=1)
    except BatchtuiError as error:
        return [HealthCheck("api", Health.BAD, error.message, error.hint)]
    call = workspace.last_call
    took = f"{(workspace.clock.monotonic() - began) * 1000:.0f} ms"
    where = f", workspace {call.workspace_id}" if call and call.workspace_id else ""
    limits = ", ".join(f"{name} {value}" for name, value in call.ratelimit) if call else ""
    findings = [HealthCheck("api", Health.GOOD, f"responds in {took}{where}" + (f"; {limits}" if limits else ""))]
    skew = workspace.clock_skew
    if skew is not None:
        is_off = abs(skew) > CLOCK_SKEW_ALLOWED
        message = f"{abs(skew).total_seconds():.0f} s {'behind' if skew.total_seconds() > 0 else 'ahead of'} the API"
        hint = (
            "Correct this machine's clock: batches whose create got no response are searched for by time."
            if is_off
            else ""
        )
        findings.append(HealthCheck("clock", Health.BAD if is_off else Health.GOOD, message, hint))
    return findings
