# SPDX-License-Identifier: GPL-2.0-only
"""The full root: a Debian with systemd, made once by mmdebstrap and kept as an ext4 image that no run changes.

The image is independent of the kernel: modules come from the kernel's own image. What a run adds is laid over it
by tools/vmguest/init-debian.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from . import VmError, apt, cache
from .kernel import make_image

# What stands on an ordinary server, the libraries of the built programs, and tools to try things with.
PACKAGES = """
    systemd systemd-sysv udev dbus dbus-user-session libpam-systemd kmod login passwd sudo
    openssh-server openssh-client curl nginx-light python3 netcat-openbsd iproute2 iputils-ping procps psmisc
    e2fsprogs util-linux attr acl strace socat jq less cron
    libbpf1 libelf1 libfyaml0 libjansson4 libsmartcols1 libsystemd0
""".split()
EXCLUDED = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*"]
SPARE_MIB = 1024


def build(setup: Path, target: Path):
    """Fill the cache entry: root.ext4 and the list of packages with versions."""
    release = apt.codename()
    print(f"vm: making the Debian root ({release}); this happens once", file=sys.stderr)
    work = target / "work"
    work.mkdir()
    tar = work / "root.tar"
    # Without root the same is done as root of a user namespace.
    prefix = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--map-auto"]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}",
               "--aptopt=Acquire::Retries \"3\"", "--aptopt=Apt::Install-Recommends \"false\"",
               *(f"--dpkgopt=path-exclude={path}" for path in EXCLUDED), f"--customize-hook={setup} \"$1\"",
               release, str(tar), *apt.source_lines(release)]
    apt.run(command, env={**os.environ, "TMPDIR": str(work)})
    tree = work / "root"
    tree.mkdir()
    try:
        # The kernel fills /dev; an ordinary user could not make devices.
        apt.run([*prefix, "tar", "-C", str(tree), "--xattrs", "--xattrs-include=*", "--exclude=./dev/*", "-xf", str(tar)])
        (target / "packages").write_text(apt.run(["dpkg-query", f"--admindir={tree}/var/lib/dpkg", "-W"]),
                                         encoding="utf-8")
        make_image(tree, target / "root.ext4", SPARE_MIB, journal=True, prefix=prefix)
    finally:
        apt.run([*prefix, "rm", "-rf", str(tree)])
    shutil.rmtree(work)


def fetch(tools: Path, refresh: bool = False) -> Path:
    """The image of the full root, made if it is missing or its recipe changed."""
    setup = tools / "vmguest" / "debian-setup"
    if not shutil.which("mmdebstrap"):
        raise VmError("mmdebstrap is not installed (tools/deps installs it)")
    recipe = hashlib.sha256(setup.read_bytes() + repr((PACKAGES, EXCLUDED, SPARE_MIB)).encode()).hexdigest()[:12]
    entry = cache.entry(f"debian-{apt.codename()}-{recipe}", lambda target: build(setup, target), refresh)
    cache.prune("debian-", entry)
    return entry / "root.ext4"
