"""Where batchtui keeps its files: `Paths`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from batchtui.domain.errors import StorageError
from batchtui.settings.user_paths import path_of

HOME_VARIABLE = "BATCHTUI_HOME"
"""The environment variable that puts everything into one folder; `--home` goes before it."""
PRIVATE_FOLDER = 0o700
"""What is kept here may be confidential: nobody else on the machine may look."""
PRIVATE_FILE = 0o600


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of everything batchtui reads or writes. Only `prepare` touches the disk."""

    config_file: Path
    """The settings, written by hand; need not exist."""
    registry: Path
    """The SQLite file; its -wal and -shm lie beside it."""
    requests: Path
    """Folder of the bodies as they were sent, one folder a job."""
    results: Path
    """Folder of the results as they came, and their indexes."""
    originals: Path
    """Folder of what rows were called whose ids compose had to change."""
    logs: Path
    templates: Path
    """Folder of the user's own templates, readable files."""
    cache: Path
    """Folder of what can be fetched again at any time."""

    @classmethod
    def locate(cls, home: Path | None = None) -> Paths:
        """Find the places: `home`, else the folder in BATCHTUI_HOME, else the system's own places (platformdirs).

        A `~` at the beginning stands for the user's home; what is relative counts from the current folder.
        """
        # An empty BATCHTUI_HOME counts as none, as an unset variable of a script does.
        chosen = home or os.environ.get(HOME_VARIABLE)
        return cls._in_one_folder(Path(chosen)) if chosen else cls._of_the_system()

    @classmethod
    def _in_one_folder(cls, home: Path) -> Paths:
        root = path_of(home).absolute()
        return cls._below(config=root, data=root, logs=root / "logs", cache=root / "cache")

    @classmethod
    def _of_the_system(cls) -> Paths:
        from platformdirs import PlatformDirs

        places = PlatformDirs("batchtui", appauthor=False)
        return cls._below(
            config=places.user_config_path,
            data=places.user_data_path,
            logs=places.user_log_path,
            cache=places.user_cache_path,
        )

    @classmethod
    def _below(cls, *, config: Path, data: Path, logs: Path, cache: Path) -> Paths:
        return cls(
            config_file=config / "config.toml",
            registry=data / "registry.db",
            requests=data / "requests",
            results=data / "results",
            originals=data / "originals",
            logs=logs,
            templates=config / "templates",
            cache=cache,
        )

    @property
    def tools_file(self) -> Path:
        """The commands that stand for tools, written by hand; need not exist."""
        return self.config_file.with_name("tools.toml")

    @property
    def exports(self) -> Path:
        """Notes of the files that are being exported; made by the first export."""
        return self.registry.parent / "exports"

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders, each after the one it lies in."""
        named = (self.config_file.parent, self.registry.parent, self.requests, self.results, self.originals, self.logs)
        return tuple(dict.fromkeys((*named, self.templates, self.cache)))

    def prepare(self) -> None:
        """Make the folders that are missing, for the user alone (0700), and close those that stand open to others.

        Raises:
            StorageError: where a folder cannot be made or something else bears its name.
        """
        for folder in self.folders:
            try:
                # What lies above is not ours: it gets the system's usual mode, as with any other program.
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
                # Folders that an earlier version, or the user, made with the usual mode.
                if folder.stat().st_mode & 0o077:
                    folder.chmod(PRIVATE_FOLDER)
            except OSError as error:
                raise StorageError(
                    f"The folder {folder} cannot be used: {error.strerror or error}.",
                    hint=f"Make it writable, or choose another place with --home or {HOME_VARIABLE}.",
                ) from error
