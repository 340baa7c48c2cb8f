#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A webhook service as one meets them: it calls the addresses that its users typed in.

It has the faults such services have, so that the demo can use them: GET /call?url=... calls any address, GET
/read?path=... shows any file, GET /run?program=... runs any program. It listens on a unix socket, as behind a proxy.
"""

import http.client
import os
import socketserver
import subprocess
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

SOCKET = "/run/webhook/webhook.sock"


def call(url: str) -> str:
    """Post to an address; returns the status it answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=3)
    connection.request("POST", parts.path or "/", body=parts.query or "event=paid")
    return f"status {connection.getresponse().status}"


def read(path: str) -> str:
    """The start of a file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(200)


def run(program: str) -> str:
    """What a program prints."""
    return subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True, timeout=10).stdout


FAULTS = {"/call": ("url", call), "/read": ("path", read), "/run": ("program", run)}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self):  # pylint: disable=invalid-name
        """Do what is asked; 403 with the system's words when the system refuses."""
        path, _, query = self.path.partition("?")
        try:
            key, action = FAULTS[path]
            status, text = 200, action(parse_qs(query)[key][0])
        except (OSError, KeyError) as error:
            status, text = 403, str(error)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode() + b"\n")

    def address_string(self):
        """A peer of a unix socket has no address."""
        return "local"


if __name__ == "__main__":
    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    with socketserver.UnixStreamServer(SOCKET, Handler) as server:
        server.serve_forever()
