# SPDX-License-Identifier: GPL-2.0-only
"""Packages of any Debian suite from the machine's own mirror, without touching the machine's apt.

Lists and downloads live in a folder of their own; what is fetched is checked by apt against the signed
index with the installed Debian keyring.
"""

import re
import subprocess
from pathlib import Path

from . import VmError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(command, **options):
    """Run a command and return its standard output; its own words are the error."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode:
        what = " ".join(str(word) for word in command[:1] + command[-2:])
        raise VmError(f"{what}: exit {done.returncode}\n{done.stderr.strip()[-2000:]}")
    return done.stdout


def codename() -> str:
    """The release of this machine, as its apt sources name it."""
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.split("=", 1)[1].strip('"')
    raise VmError("/etc/os-release names no Debian release")


def mirrors():
    """(URI of the archive, URI of its security updates or None), from the machine's own sources."""
    found = {}
    listed = run(["apt-get", "update", "--print-uris"])
    for uri, suite in re.findall(r"^'(\S+)/dists/(\S+)/(?:InRelease|Release)'", listed, re.M):
        found.setdefault(suite, uri)
    here = codename()
    if here not in found:
        raise VmError(f"this machine's apt sources hold no suite {here}")
    return found[here], found.get(f"{here}-security")


def source_lines(suite: str):
    """The one-line sources of a suite with its security updates."""
    archive, security = mirrors()
    lines = [f"deb [signed-by={KEYRING}] {archive} {suite} main"]
    if security and suite not in ("sid",) and not suite.endswith("-backports"):
        lines.append(f"deb [signed-by={KEYRING}] {security} {suite}-security main")
    return lines


class Suite:
    """One suite's package lists, kept in `state` while it is in use."""

    def __init__(self, suite: str, state: Path):
        self.suite = suite
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        sources = state / "sources.list"
        sources.write_text("\n".join(source_lines(suite)) + "\n", encoding="ascii")
        self.options = []
        for option in (f"Dir::State={state}", f"Dir::State::lists={state}/lists",
                       f"Dir::State::status={state}/status", f"Dir::Cache={state}/cache",
                       f"Dir::Etc::SourceList={sources}", "Dir::Etc::SourceParts=/dev/null",
                       "APT::Sandbox::User=root", "Acquire::Languages=none", "Acquire::Retries=3",
                       "Acquire::http::Timeout=30",
                       "APT::Update::Error-Mode=any"):
            self.options += ["-o", option]
        try:
            run(["apt-get", *self.options, "-qq", "update"])
        except VmError as error:
            raise VmError(f"suite {suite} cannot be reached: {error}") from error

    def version(self, package: str):
        """The candidate version of a package, or None."""
        policy = run(["apt-cache", *self.options, "policy", package])
        match = re.search(r"Candidate: (\S+)", policy)
        return match.group(1) if match and match.group(1) != "(none)" else None

    def depends(self, package: str, pattern: str):
        """The direct dependencies of a package whose name matches."""
        listed = run(["apt-cache", *self.options, "depends", "--important", package])
        return [name for name in re.findall(r"Depends: (\S+)", listed) if re.match(pattern, name)]

    def download(self, packages, folder: Path):
        """Fetch packages into a folder; returns their files."""
        folder.mkdir(parents=True, exist_ok=True)
        try:
            run(["apt-get", *self.options, "-qq", "download", *packages], cwd=folder)
        except VmError as error:
            raise VmError(f"suite {self.suite}: {' '.join(packages)} cannot be fetched: {error}") from error
        return sorted(folder.glob("*.deb"))
