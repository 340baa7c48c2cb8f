# SPDX-License-Identifier: GPL-2.0-only
"""The cache of fetched and made things: directories that appear whole or not at all.

An entry is built aside and renamed into place under a lock, so that several machines may be started at
once and a build that was interrupted leaves nothing that looks finished.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

# An entry of an older recipe that nobody made for so long is removed when a new one is made.
STALE_SECONDS = 14 * 24 * 3600

# Raised when the layout of an entry changes: an older entry is then simply not found.
FORMAT = "vm-1"


def cache_dir() -> Path:
    """The folder of this format's entries, made if it is missing."""
    base = os.environ.get("CORDON_CACHE")
    if not base:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        base = os.path.join(base, "cordon")
    path = Path(base).absolute() / FORMAT
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(name: str):
    """Hold the lock of one entry; the lock ends with the process that holds it."""
    with open(cache_dir() / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def entry(name: str, build, refresh: bool = False) -> Path:
    """The folder of the entry `name`; `build(dir)` fills an empty one if there is none yet."""
    path = cache_dir() / name
    if path.is_dir() and not refresh:
        return path
    with locked(name):
        if path.is_dir() and not refresh:
            return path
        for leftover in cache_dir().glob(f".{name}.*"):
            shutil.rmtree(leftover, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache_dir()))
        try:
            aside.chmod(0o755)
            build(aside)
            old = None
            if path.is_dir():
                old = Path(tempfile.mkdtemp(prefix=f".{name}.old.", dir=cache_dir()))
                path.rename(old / "entry")
            aside.rename(path)
            if old:
                shutil.rmtree(old)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return path


def prune(prefix: str, keep: Path):
    """Remove old entries whose name starts with `prefix`; a machine that runs from one keeps it open."""
    for path in cache_dir().glob(prefix + "*"):
        if path != keep and path.is_dir() and time.time() - path.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
