"""Say what to do about an error of SQLite or of the disk: `storage_hint`."""

from __future__ import annotations

import errno
import sqlite3

_FULL = "Free disk space and run the command again; `batchtui prune` shows what can go."
_LOCKED = "Another program holds it. Close that, or wait, and run it again."
_PERMISSIONS = "Check the permissions of the file and of its folder, and whether the disk is mounted read-only."
_BROKEN = "The disk reports an error. Check the disk and its cable or network, and copy the folder elsewhere."
_OURS = "Nothing was changed. That should not happen: please report it, with the log."
_BY_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_READONLY: _PERMISSIONS,
    sqlite3.SQLITE_CANTOPEN: _PERMISSIONS,
    sqlite3.SQLITE_PERM: _PERMISSIONS,
    sqlite3.SQLITE_AUTH: _PERMISSIONS,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_NOMEM: "There was not enough memory. Close other programs and run it again.",
    sqlite3.SQLITE_CORRUPT: "`batchtui doctor --repair` rebuilds the registry; indexes are rebuilt automatically.",
    sqlite3.SQLITE_NOTADB: "`batchtui doctor --repair` rebuilds the registry; indexes are rebuilt automatically.",
}
_BY_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _PERMISSIONS),
    **dict.fromkeys((errno.EIO, errno.ESTALE, errno.ENXIO), _BROKEN),
    **dict.fromkeys(
        (errno.EMFILE, errno.ENFILE), "Too many files are open. Close other programs; `ulimit -n` says the limit."
    ),
    errno.ENOENT: "The file or its folder is gone. Was it moved, or its disk unmounted?",
}


def storage_hint(error: Exception) -> str:
    """Return what a person can do about an error of SQLite or of the operating system.

    Only a full disk is a reason to free space: said of every error, it sent people looking in the wrong place.
    """
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, "Check the disk and the permissions of the folder.")
    # The low byte is the error, the rest says more closely which (sqlite.org/rescode.html, 3).
    return _BY_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _OURS)
