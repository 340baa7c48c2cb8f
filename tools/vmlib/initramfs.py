# SPDX-License-Identifier: GPL-2.0-only
"""A guest's file tree, gathered on the host and written as a cpio archive (newc).

Programs bring the shared libraries that ldd names. Owner and time of every file are fixed, so the same input
gives the same archive. The tree follows Debian's layout: /bin, /sbin and /lib* lead into /usr.
"""

import os
import re
import stat
import subprocess
from pathlib import Path

from . import VmError

MERGED = re.compile(r"^/(bin|sbin|lib|lib32|lib64|libx32)(?=/|$)")


def merged(path: str) -> str:
    """A guest path with the links of the merged /usr followed."""
    return MERGED.sub(r"/usr/\1", os.path.normpath(path))


def is_elf(path: Path) -> bool:
    """Whether a host file is an ELF object."""
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def libraries(path: Path):
    """The shared libraries, and the loader, that a program needs."""
    done = subprocess.run(["ldd", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, env={**os.environ, "LC_ALL": "C"})
    missing = re.findall(r"(\S+) => not found", done.stdout)
    if missing:
        raise VmError(f"{path}: the libraries {' '.join(missing)} are not on this machine")
    return re.findall(r"(?:=> |^\t)(/\S+) \(0x", done.stdout, re.M)


class Tree:
    """Guest path -> (mode, content); content is bytes, or a host Path that is read when written.

    Folders stand before what is in them, as the kernel wants it.
    """

    def __init__(self):
        self.entries = {}
        self.libraries = set()      # paths that are there only because a program needs them
        self.closed = set()

    def folder(self, path: str, mode: int = 0o755):
        """Add a folder and the ones above it."""
        path = merged(path)
        parent = os.path.dirname(path)
        if parent not in ("/", "") and parent not in self.entries:
            self.folder(parent)
        if path not in ("/", "") and path not in self.entries:
            self.entries[path] = (stat.S_IFDIR | mode, b"")

    def add(self, path: str, mode: int, content):
        """Add an entry of any type; a later one of the same path replaces it."""
        path = merged(path)
        self.folder(os.path.dirname(path))
        self.entries[path] = (mode, content)
        self.libraries.discard(path)

    def text(self, path: str, content: str, mode: int = 0o644):
        """Add a file with a text."""
        self.add(path, stat.S_IFREG | mode, content.encode())

    def link(self, path: str, target: str):
        """Add a symbolic link."""
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def file(self, host: Path, path: str):
        """Add a host file, and when it is a program what it needs to run."""
        self.add(path, stat.S_IFREG | stat.S_IMODE(host.stat().st_mode), host)
        if is_elf(host) and host not in self.closed:
            self.closed.add(host)
            for library in libraries(host):
                if merged(library) not in self.entries:
                    self.add(library, stat.S_IFREG | 0o755, Path(library).resolve())
                    self.libraries.add(merged(library))

    def merge(self, other: "Tree", below: str = "", libraries_below: str = ""):
        """Add all of another tree, its libraries under a folder of their own."""
        for path, (mode, content) in other.entries.items():
            library = path in other.libraries
            target = (libraries_below if library else below) + path
            if stat.S_ISDIR(mode):
                self.folder(target, stat.S_IMODE(mode))
            elif not (library and target in self.entries):
                self.folder(os.path.dirname(target))
                self.entries[target] = (mode, content)

    def copy(self, host: Path, path: str):
        """Add a host file or a whole host folder; links inside a folder stay links."""
        if not host.is_dir():
            self.file(host, path)
            return
        self.folder(path)
        for child in sorted(host.iterdir()):
            below = f"{path}/{child.name}"
            if child.is_symlink():
                self.link(below, os.readlink(child))
            elif child.is_dir() or child.is_file():
                self.copy(child, below)

    def write(self, out):
        """Write the tree as a cpio archive that the kernel unpacks."""
        for number, (path, (mode, content)) in enumerate(self.entries.items(), 1):
            if isinstance(content, Path):
                content = content.read_bytes()
            write_entry(out, number, mode, path.lstrip("/"), content)
        write_entry(out, 0, 0, "TRAILER!!!", b"")


def write_entry(out, number: int, mode: int, name: str, content: bytes):
    """One entry: a header of hexadecimal numbers, the name, the content, each padded to 4 bytes."""
    links = 2 if stat.S_ISDIR(mode) else 1
    major, minor = (5, 1) if stat.S_ISCHR(mode) else (0, 0)
    encoded = os.fsencode(name) + b"\0"
    fields = (number, mode, 0, 0, links, 0, len(content), 0, 0, major, minor, len(encoded), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
    out.write(head + b"\0" * (-len(head) % 4))
    out.write(content)
    out.write(b"\0" * (-len(content) % 4))
