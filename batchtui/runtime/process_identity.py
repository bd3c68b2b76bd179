"""Which process is at work, written so that another one can tell whether it still lives."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def process_token(unique: str) -> str:
    """Name this process: the machine and its boot, the pid, when the process started, and something unique."""
    return f"{_machine()}|{os.getpid()}|{_started(os.getpid())}|{unique}"


def is_gone(name: str) -> bool | None:
    """Whether the process of that name has ended. None where that cannot be told from here: another machine."""
    machine, pid, started, _ = name.split("|", 3)
    if machine != _machine() or os.name == "nt":
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    # The pid lives, but may be somebody else's by now: the start time tells, where the system says it.
    return None if not started else _started(int(pid)) != started


def _machine() -> str:
    """The boot and the process namespace where Linux says them: a container shares neither pids nor this."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty where the system does not say."""
    try:
        # The second field is the command in parentheses and may hold anything: count from its end (man 5 proc).
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
