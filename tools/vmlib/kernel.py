# SPDX-License-Identifier: GPL-2.0-only
"""Debian's stock cloud kernels, made ready to boot: vmlinux, its BTF, and its modules.

The entry of a kernel holds
    release         what uname -r says
    package         name and version of the image package
    vmlinux         the ELF inside vmlinuz; booted by its PVH entry, which spares the guest unpacking it
    btf             the section .BTF of vmlinux, the bytes of /sys/kernel/btf/vmlinux
    boot/NN-X.ko    the modules an initramfs needs before it sees a disk, in the order of loading
    modules.ext4    all modules, for /usr/lib/modules
"""

import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from . import VmError, apt, cache

# Name of a kernel -> the suites that may hold it, the best first.
SUITES = {
    "6.1": ["bookworm"],
    "6.12": ["trixie", "bookworm-backports"],
    "7.2": ["sid", "forky", "trixie-backports"],
}
NEWEST = "7.2"
DEFAULT = "6.1"
META = "linux-image-cloud-amd64"
BOOT_MODULES = ["virtio_pci", "virtio_blk", "virtio_console"]
UNPACKERS = {b"\x02\x21": "lz4", b"\x28\xb5": "zstd", b"\xfd7": "xz", b"\x1f\x8b": "gzip"}


def unpack_vmlinuz(image: bytes) -> bytes:
    """The vmlinux inside a bzImage, found by its boot protocol header (2.08 and later)."""
    if image[0x202:0x206] != b"HdrS":
        raise VmError("the kernel image has no boot protocol header")
    setup = (image[0x1F1] or 4) + 1
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[setup * 512 + offset:setup * 512 + offset + length]
    tool = UNPACKERS.get(payload[:2])
    if not tool or len(payload) != length:
        raise VmError(f"the kernel image is packed in an unknown way ({payload[:4].hex()})")
    size, = struct.unpack("<I", payload[-4:])
    # gzip ends with its own size; the others have it appended.
    body = payload if tool == "gzip" else payload[:-4]
    done = subprocess.run([tool, "-dc"], input=body, stdout=subprocess.PIPE, check=False)
    if len(done.stdout) != size or done.stdout[:4] != b"\x7fELF":
        raise VmError(f"{tool} could not unpack the kernel image")
    return done.stdout


def elf_section(elf: bytes, name: bytes) -> bytes:
    """The bytes of one section of a 64-bit little-endian ELF file."""
    table, = struct.unpack_from("<Q", elf, 0x28)
    size, count, names = struct.unpack_from("<HHH", elf, 0x3A)

    def header(index):
        return struct.unpack_from("<IIQQQQ", elf, table + index * size)

    base = header(names)[4]
    for index in range(count):
        head = header(index)
        if elf[base + head[0]:base + head[0] + len(name) + 1] == name + b"\0":
            return elf[head[4]:head[4] + head[5]]
    raise VmError(f"the kernel has no section {name.decode()}")


def resolve(name: str, state: Path):
    """(suite, version of the metapackage) that holds the kernel, the newest for the last name."""
    seen, errors = [], []
    for suite_name in SUITES[name]:
        try:
            suite = apt.Suite(suite_name, state / suite_name)
        except VmError as error:
            errors.append(str(error))
            continue
        version = suite.version(META)
        if version and re.match(re.escape(name) + r"\.\d", version.split(":")[-1]):
            return suite, version
        if version:
            seen.append((suite, version))
    if seen and name == NEWEST:
        print(f"vm: {name} is gone from the archive; taking {seen[0][1]}", file=sys.stderr)
        return seen[0]
    raise VmError("\n".join([f"kernel {name}: no suite of {', '.join(SUITES[name])} offers it"] + errors))


def closure(suite: apt.Suite):
    """The packages that hold the image and the modules the metapackage stands for."""
    packages, todo = [], [META]
    while todo:
        for name in suite.depends(todo.pop(0), r"linux-(image|binary|modules|base)-\d"):
            if name not in packages:
                packages.append(name)
                todo.append(name)
    return packages


def unpack_modules(source: Path, target: Path):
    """Copy the modules of a package tree to TARGET/lib/modules, uncompressed; returns the release."""
    found = [path for path in source.glob("**/lib/modules/*") if (path / "kernel").is_dir()]
    if len(found) != 1:
        raise VmError(f"the kernel package holds {len(found)} sets of modules")
    release = found[0].name
    folder = target / "lib/modules" / release
    folder.parent.mkdir(parents=True)
    shutil.move(str(found[0]), str(folder))
    packed = sorted(folder.glob("**/*.ko.xz"))
    if packed:
        for start in range(0, len(packed), 200):
            apt.run(["xz", "-d", *map(str, packed[start:start + 200])])
    for leftover in list(folder.glob("vmlinuz")) + list(folder.glob("build")) + list(folder.glob("source")):
        leftover.unlink()
    apt.run(["depmod", "-b", str(target), release])
    return release


def boot_modules(tree: Path, release: str, target: Path):
    """Copy the modules needed before the first disk, numbered in the order of loading."""
    target.mkdir()
    order = []
    for name in BOOT_MODULES:
        listed = apt.run(["modprobe", "-d", str(tree), "-S", release, "--show-depends", name])
        for path in re.findall(r"^insmod (\S+)", listed, re.M):
            if path not in order:
                order.append(path)
    for number, path in enumerate(order):
        shutil.copyfile(path, target / f"{number:02}-{Path(path).name}")


def make_image(tree: Path, image: Path, extra_mib: int, journal: bool, prefix=()):
    """An ext4 image of a folder's content with some room left; `prefix` are words that give the rights to read it."""
    used = int(apt.run([*prefix, "du", "-sm", "--apparent-size", str(tree)]).split()[0])
    files = len(apt.run([*prefix, "find", str(tree), "-printf", "."]))
    inodes = files + (20000 if journal else 512)
    apt.run([*prefix, "mkfs.ext4", "-q", "-F", "-m", "0", "-O", "has_journal" if journal else "^has_journal",
             "-N", str(inodes), "-E", "lazy_itable_init=0,root_owner=0:0", "-d", str(tree), str(image),
             f"{used + used // 8 + extra_mib}M"])


def build(name: str, target: Path):
    """Fill the cache entry of a kernel."""
    print(f"vm: fetching kernel {name} from Debian's archive", file=sys.stderr)
    work = target / "work"
    suite, version = resolve(name, work / "apt")
    tree = work / "tree"
    packages = closure(suite)
    for package in suite.download(packages, work / "deb"):
        apt.run(["dpkg-deb", "-x", str(package), str(tree)])
    images = list(tree.glob("boot/vmlinuz-*")) or list(tree.glob("**/lib/modules/*/vmlinuz"))
    if len(images) != 1:
        raise VmError(f"{META} {version} led to {len(images)} kernel images")
    vmlinux = unpack_vmlinuz(images[0].read_bytes())
    (target / "vmlinux").write_bytes(vmlinux)
    (target / "btf").write_bytes(elf_section(vmlinux, b".BTF"))
    release = unpack_modules(tree, work / "modules")
    boot_modules(work / "modules", release, target / "boot")
    make_image(work / "modules/lib/modules", target / "modules.ext4", 16, journal=False)
    (target / "release").write_text(release + "\n", encoding="ascii")
    (target / "package").write_text(f"{' '.join(packages)} {version}\n", encoding="ascii")
    shutil.rmtree(work)


def fetch(name: str, refresh: bool = False) -> Path:
    """The cache entry of a kernel, made if it is missing."""
    return cache.entry(f"kernel-{name}", lambda target: build(name, target), refresh)
