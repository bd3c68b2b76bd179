"""Name this process so that another one can tell whether it is still alive: `process_token`, `is_gone`.

A pid alone is not enough: pids are reused, and a container has its own.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path


def process_token(unique: str) -> str:
    """Return a name for this process, made of machine and boot, pid, start time, and `unique`."""
    return f"{_machine()}|{os.getpid()}|{_started(os.getpid())}|{unique}"


def is_gone(name: str) -> bool | None:
    """Return whether the process of that name has ended; None where it ran elsewhere, or nobody can say."""
    machine, _, rest = name.partition("|")
    # On Windows signal 0 is CTRL_C_EVENT: asking would interrupt the process (signal.CTRL_C_EVENT).
    if rest.count("|") != 2 or machine != _machine() or os.name == "nt":
        return None
    pid, started, _ = rest.split("|")
    if not pid.isdigit():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it lives, and belongs to another user
    # The pid lives, but may be somebody else's by now: the start time tells, where the system says it.
    return None if not started else _started(int(pid)) != started


def machine_id() -> str:
    """Name this machine across boots (systemd's machine id); empty where the system does not say."""
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return ""


def _machine() -> str:
    """Return an id of this boot and process namespace on Linux, elsewhere the name of the host.

    Two containers on one machine have the same boot id and different pids, hence the namespace.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks since boot; empty where the system does not say."""
    try:
        # The second field is the command in parentheses and may hold anything: count from its end (man 5 proc).
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
