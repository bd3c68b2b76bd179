"""A world that outlives its process: in a folder, each batch as its body as it came, and what is known of it."""

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from batchtui.simulator.batch import SimulatedBatch
from batchtui.simulator.scenario import Scenario
from batchtui.simulator.validation.early import read_submission
from batchtui.simulator.validation.late import Terms
from batchtui.simulator.wire_format import ApiError

_SCENARIO: TypeAdapter[Scenario] = TypeAdapter(Scenario)


class WorldArchive:
    """The folder of one simulated service. One simulator uses it at a time; it never holds a key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        # Held until it is closed; the system lets go of it whatever becomes of the process.
        self._lock: int | None = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise OSError(error.errno, f"another simulator uses {folder}") from error

    def close(self) -> None:
        """Let the next simulator have the folder; safe to call twice."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def salt(self, fresh: str) -> str:
        """What the ids of this service are made with: `fresh` the first time, and the same ever after."""
        file = self.folder / "salt"
        if not file.exists():
            _write(file, fresh.encode())
        return file.read_text()

    def keep(self, batch: SimulatedBatch) -> None:
        """Write down a batch as it stands; its body once."""
        body = self._file(batch.ordinal, "body")
        if not body.exists():
            _write(body, bytes(batch.submission.body))
        _write(self._file(batch.ordinal, "json"), json.dumps(_document(batch)).encode())

    def batches(self) -> Iterator[SimulatedBatch]:
        """Every batch that was kept, in the order of creation; raises ValueError for a file that is none."""
        # Names are ordinals of eight digits, so that sorting them restores the order of creation.
        for file in sorted(self.folder.glob("*.json")):
            try:
                yield _batch(json.loads(file.read_bytes()), file.with_suffix(".body").read_bytes())
            except (KeyError, TypeError, ValueError, ValidationError, ApiError) as error:
                raise ValueError(f"{file} holds no batch: {error}") from error

    def _file(self, ordinal: int, kind: str) -> Path:
        return self.folder / f"{ordinal:08}.{kind}"


def _document(batch: SimulatedBatch) -> dict[str, Any]:
    return {
        "id": batch.id,
        "ordinal": batch.ordinal,
        "created_at": batch.created_at.isoformat(),
        "takes": batch.takes.total_seconds(),
        "scenario": _SCENARIO.dump_python(batch.scenario, mode="json"),
        "speed": batch.speed,
        "version": batch.terms.version,
        "betas": sorted(batch.terms.betas),
        "cancel_initiated_at": batch.cancel_initiated_at and batch.cancel_initiated_at.isoformat(),
        "deleted_at": batch.deleted_at and batch.deleted_at.isoformat(),
    }


def _batch(known: dict[str, Any], body: bytes) -> SimulatedBatch:
    return SimulatedBatch(
        id=known["id"],
        ordinal=known["ordinal"],
        created_at=datetime.fromisoformat(known["created_at"]),
        takes=timedelta(seconds=known["takes"]),
        scenario=_SCENARIO.validate_python(known["scenario"]),
        speed=known["speed"],
        submission=read_submission(body),
        terms=Terms(known["version"], frozenset(known["betas"])),
        cancel_initiated_at=_moment(known["cancel_initiated_at"]),
        deleted_at=_moment(known["deleted_at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    aside = file.with_name(file.name + ".new")
    with aside.open("wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    # A simulator that is killed while it writes must find a whole file when it starts again.
    aside.replace(file)
