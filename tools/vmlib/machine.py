# SPDX-License-Identifier: GPL-2.0-only
"""One run of a guest under QEMU's own CPU: start it, pass its output on, learn how it ended.

The default is failure: only the words "exit N", framed with this run's token, are a status.
"""

import ctypes
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import VmError

TIMED_OUT, DIED = 124, 125
PR_SET_PDEATHSIG = 1
QEMU = "qemu-system-x86_64"
# Models of disks.
VIRTIO, NVME = "virtio-blk-pci", "nvme"
QUIET = "quiet loglevel=4"
# Not pci=noacpi, although it boots faster: without the local APIC there is no irq_work interrupt, and what BPF allocates
# is then refilled at the next timer tick only.
BASE_COMMAND_LINE = ("console=ttyS0 panic=-1 oops=panic random.trust_cpu=on mitigations=off nokaslr "
                     "no_timer_check cryptomgr.notests 8250.nr_uarts=1")
# The guest's clock is then its instruction counter: equal runs count equally.
ICOUNT_COMMAND_LINE = "norandmaps randomize_kstack_offset=off tsc=reliable"
ICOUNT_OPTIONS = ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01T00:00:00,clock=vm"]


@dataclass
class Machine:
    """What is wanted of a machine; every path is the host's."""
    kernel: Path                   # vmlinux
    initrd: Path
    token: str
    command_line: str = ""         # added to the base
    disks: list = field(default_factory=list)    # (serial number, image, written changes are dropped, model)
    mem: int = 1024                # MiB
    smp: int = 1
    timeout: int = 300             # seconds
    icount: bool = False
    verbose: bool = False
    interactive: bool = False


def qemu_command(machine: Machine, log: str, port: int):
    """The words that start QEMU; `port` is the inherited end of the output socket."""
    qemu = shutil.which(QEMU)
    if not qemu:
        raise VmError(f"{QEMU} is not installed (tools/deps installs it)")
    words = [BASE_COMMAND_LINE, machine.command_line]
    words += [] if machine.verbose else [QUIET]
    words += [ICOUNT_COMMAND_LINE] if machine.icount else []
    # One thread for all CPUs: with a thread for each, QEMU 7.2 sometimes runs into a breakpoint that the guest's kernel had
    # put into its own text and taken out again (int3 at boot of 7.2).
    command = [qemu, "-accel", "tcg,thread=single", "-machine", "pc,hpet=off",
               "-cpu", "max,la57=off", "-m", str(machine.mem), "-smp", str(machine.smp), "-nodefaults", "-no-user-config",
               "-display", "none", "-no-reboot", "-kernel", str(machine.kernel), "-initrd", str(machine.initrd),
               "-append", " ".join(words)]
    if machine.interactive:
        command += ["-chardev", "stdio,id=serial,mux=on,signal=off", "-mon", "chardev=serial"]
    else:
        command += ["-chardev", f"file,id=serial,path={log}"]
    command += ["-serial", "chardev:serial", "-device", "virtio-serial-pci", "-chardev", f"socket,id=out,fd={port}",
                "-device", "virtserialport,chardev=out,name=cordon.out"]
    for serial, image, drop, model in machine.disks:
        command += ["-drive", f"if=none,id={serial},file={image},format=raw,cache=unsafe,snapshot={'on' if drop else 'off'}",
                    "-device", f"{model},drive={serial},serial={serial}"]
    return command + (ICOUNT_OPTIONS if machine.icount else [])


def die_with_parent():
    """In the child: a host side that is killed takes its machine along."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Framing:
    """Splits the port's bytes into the command's output and the guest's own words."""

    def __init__(self, token: str):
        self.mark = b"\0" + token.encode() + b" "
        self.held = b""
        self.up = False
        self.status = None

    def feed(self, data: bytes) -> bytes:
        """Take bytes in; returns those of the command. After "exit" there are none."""
        self.held += data
        out = b""
        while self.status is None:
            start = self.held.find(self.mark)
            end = self.held.find(b"\n", start) if start >= 0 else -1
            if end < 0:
                keep = start if start >= 0 else self.unfinished()
                out, self.held = out + self.held[:keep], self.held[keep:]
                return out
            out += self.held[:start]
            self.word(self.held[start + len(self.mark):end].decode("ascii", "replace"))
            self.held = self.held[end + 1:]
        return out

    def unfinished(self) -> int:
        """Where at the end of what is held a mark may begin."""
        for length in range(min(len(self.mark), len(self.held)), 0, -1):
            if self.mark.startswith(self.held[-length:]):
                return len(self.held) - length
        return len(self.held)

    def word(self, word: str):
        """One of the guest's own words."""
        if word == "up":
            self.up = True
        elif word.startswith("exit ") and word[5:].isdigit():
            self.status = int(word[5:]) & 255


TROUBLE = re.compile(r"BUG:|Oops|Kernel panic|WARNING: CPU|rcu: INFO|Call Trace|Out of memory")


def show_log(log: Path, lines: int = 30):
    """The end of the kernel's log, for a guest that did not return a status; from the first trouble if there is one."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    last = [line for line in text.splitlines() if line.strip()]
    trouble = next((number for number, line in enumerate(last) if TROUBLE.search(line)), len(last))
    last = last[min(trouble, max(0, len(last) - lines)):][:200]
    print("vm: the last lines of the guest's kernel:" if last else "vm: the guest's kernel said nothing",
          file=sys.stderr)
    for line in last:
        print(f"    {line}", file=sys.stderr)


def follow(process, host, machine: Machine, framing: Framing, log: Path):
    """Pass the output on until a status, the end, or the time limit; returns the exit status."""
    out = sys.stdout.buffer
    end = time.monotonic() + machine.timeout
    shown = 0
    while True:
        left = end - time.monotonic()
        ready = select.select([host], [], [], max(0, min(left, 0.5)))[0]
        data = host.recv(1 << 16) if ready else None
        if data:
            out.write(framing.feed(data))
            out.flush()
        if machine.verbose and log.exists():
            with open(log, "rb") as console:
                console.seek(shown)
                text = console.read()
            sys.stderr.buffer.write(text)
            sys.stderr.flush()
            shown += len(text)
        if framing.status is not None:
            return framing.status
        if data == b"" or (not data and process.poll() is not None):
            process.wait()
            where = "while the command ran" if framing.up else "before the command was started"
            print(f"vm: the guest died {where}", file=sys.stderr)
            return DIED
        if left <= 0:
            where = "the command had not ended" if framing.up else "the guest was not up"
            print(f"vm: timeout: {where} after {machine.timeout} s", file=sys.stderr)
            return TIMED_OUT


def run(machine: Machine) -> int:
    """Run the machine to its end; returns the command's status, TIMED_OUT or DIED."""
    host, guest = socket.socketpair()
    with tempfile.TemporaryDirectory(prefix="cordon-vm.") as folder, host:
        log = Path(folder) / "console"
        command = qemu_command(machine, str(log), guest.fileno())
        quiet = None if machine.interactive else subprocess.DEVNULL
        with open(Path(folder) / "qemu", "w+b") as words:
            # pylint: disable-next=subprocess-popen-preexec-fn
            process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet and words,
                                       pass_fds=[guest.fileno()], preexec_fn=die_with_parent)
            guest.close()
            try:
                if machine.interactive:
                    return process.wait()
                framing = Framing(machine.token)
                status = follow(process, host, machine, framing, log)
                if status in (TIMED_OUT, DIED) and framing.status is None:
                    show_log(log)
                    words.seek(0)
                    sys.stderr.write(words.read().decode(errors="replace"))
                return status
            finally:
                process.kill()
                process.wait()


def handle_signals():
    """Ending this program by a signal must run the clean-up above."""
    def stop(number, _frame):
        sys.exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    os.environ["LC_ALL"] = "C.UTF-8"
