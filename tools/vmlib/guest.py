# SPDX-License-Identifier: GPL-2.0-only
"""What a guest finds inside: the small root, the built programs, the command and its orders.

/opt/cordon/bin   the built tree, --copy without a guest path, the helpers of tools/vmguest; on PATH
/etc/cordon-vm    orders for the guest's init: settings (shell variables), environment and command (shell scripts)
"""

import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

from . import VmError
from .initramfs import Tree

BIN = "/opt/cordon/bin"
ORDERS = "/etc/cordon-vm"
GUEST_PATH = f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
# Host programs that busybox lacks, does too little of, or whose identity a test may want: every applet of busybox
# is the same executable, and its shell prefers its own applets to the programs on PATH.
PROGRAMS = ["dash", "bash", "ip", "setpriv", "unshare", "nsenter", "setfattr", "getfattr",
            "cat", "cp", "dd", "ln", "mv", "tee"]
USERS = [("root", 0, "/root"), ("daemon", 1, "/"), ("www-data", 33, "/var/www"), ("alice", 1000, "/home/alice"),
         ("bob", 1001, "/home/bob"), ("carol", 1002, "/home/carol"), ("nobody", 65534, "/nonexistent")]
FOLDERS = ["/run", "/tmp", "/mnt/ext4", "/root", "/home", "/etc", "/var/tmp", "/var/log", "/var/lib", "/srv",
           "/usr/lib/modules", "/usr/local/bin"]


def which(name: str):
    """The host's program of that name, those of root included."""
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return Path(found) if found else None


def add_busybox(tree: Tree):
    """busybox with a link for each thing it can do, under the paths it knows."""
    busybox = which("busybox")
    if not busybox:
        raise VmError("busybox is not installed (tools/deps installs it)")
    tree.file(busybox, "/usr/bin/busybox")
    listed = subprocess.run([str(busybox), "--list-full"], stdout=subprocess.PIPE, text=True, check=True)
    for path in listed.stdout.split():
        if Path(path).name not in ("init", "linuxrc", "busybox", "sh") and not (
                Path(path).name in PROGRAMS and which(Path(path).name)):
            tree.link("/" + path, "/usr/bin/busybox")


def add_accounts(tree: Tree):
    """Accounts to test with; no passwords, root may become anybody."""
    names = "".join(f"{name}:x:{uid}:{uid}:{name}:{home}:/bin/sh\n" for name, uid, home in USERS)
    groups = "".join(f"{name}:x:{uid}:\n" for name, uid, _ in USERS if uid != 65534)
    tree.text("/etc/passwd", names)
    tree.text("/etc/group", groups + "staff:x:50:alice,bob\nnogroup:x:65534:\n")
    tree.text("/etc/shadow", "".join(f"{name}:*:19000::::::\n" for name, _, _ in USERS), 0o600)
    tree.text("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    tree.text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")


def add_boot(tree: Tree, tools: Path, kernel: Path, init: str):
    """What the first process of either root needs: its script, busybox, the modules before the first disk."""
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        tree.entries[f"/{name}"] = (stat.S_IFLNK | 0o777, f"usr/{name}".encode())
    for path in ("/dev", "/proc", "/sys", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/libx32", "/usr/bin", "/usr/sbin"):
        tree.folder(path)
    tree.add("/dev/console", stat.S_IFCHR | 0o600, b"")
    add_busybox(tree)
    for module in sorted((kernel / "boot").iterdir()):
        tree.add(f"/boot-modules/{module.name}", stat.S_IFREG | 0o644, module)
    for name, path in ((init, "/init"), ("disk-named", "/disk-named")):
        tree.text(path, (tools / "vmguest" / name).read_text(encoding="utf-8"), 0o755)


def mini_tree(tools: Path, kernel: Path, payload: Tree) -> Tree:
    """The small root, whole in the initramfs: busybox, some programs, accounts, and what the run adds."""
    tree = Tree()
    for path in FOLDERS:
        tree.folder(path, 0o1777 if path.endswith("/tmp") else 0o755)
    add_boot(tree, tools, kernel, "init")
    tree.text("/prepare", (tools / "vmguest/prepare").read_text(encoding="utf-8"))
    tree.link("/bin/sh", "dash" if which("dash") else "busybox")
    for name in PROGRAMS:
        if which(name):
            tree.file(which(name), f"/usr/bin/{name}")
    add_accounts(tree)
    tree.merge(payload)
    return tree


def debian_tree(tools: Path, kernel: Path, payload: Tree) -> Tree:
    """The initramfs in front of the full root: what the run adds stands aside, to be laid over the disk."""
    tree = Tree()
    add_boot(tree, tools, kernel, "init-debian")
    tree.folder("/payload")
    tree.folder("/libraries")
    tree.merge(payload, "/payload", "/libraries")
    return tree


def add_built(tree: Tree, top: Path, tools: Path):
    """The helpers, and of the built tree what is there."""
    tree.folder(BIN)
    for helper in ("guest-peer", "guest-run"):
        tree.file(tools / "vmguest" / helper, f"{BIN}/{helper}")
    build = top / "build"
    built = [build / "cordon", build / "bpfprove", *sorted(build.glob("*.bpf.o"))]
    if (build / "guest").is_dir():
        built += sorted((build / "guest").iterdir())
    for path in built:
        if path.exists():
            tree.copy(path, f"{BIN}/{path.name}")


def add_copies(tree: Tree, copies):
    """What --copy asks for: HOST or HOST:GUEST; a guest path that ends in / is a folder to put it in."""
    for word in copies:
        host, _, guest = word.partition(":")
        path = Path(host)
        if not path.exists():
            raise VmError(f"--copy {host}: there is no such file")
        name = path.name or path.resolve().name
        if not guest:
            guest = f"{BIN}/{name}"
        elif not guest.startswith("/"):
            raise VmError(f"--copy {word}: the guest path must be absolute")
        elif guest.endswith("/"):
            guest += name
        tree.copy(path, guest)


def add_orders(tree: Tree, command, settings, environment):
    """The command as a script, the environment it gets, and the settings its runner reads."""
    lines = [f"export PATH={GUEST_PATH}"]
    for word in environment:
        name, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise VmError(f"--env {word}: want NAME=VALUE")
        lines.append(f"export {name}={shlex.quote(value)}")
    tree.text(f"{ORDERS}/environment", "\n".join(lines) + "\n")
    words = " ".join(shlex.quote(word) for word in command)
    tree.text(f"{ORDERS}/command", f". {ORDERS}/environment\n{words}\n", 0o755)
    tree.text(f"{ORDERS}/settings",
              "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items()))
