#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Takes BPF objects out of programs that carry them inside (skeletons): extract.py DIR FILE...

Each is written as DIR/NAME-N.o; prints the paths. An object ends with its section headers, or its last section.
"""
import os
import struct
import sys

EM_BPF = 247


def object_at(data, at):
    """The bytes of the object that starts there, or None."""
    head = data[at:at + 64]
    if len(head) < 64 or head[4:6] != b'\x02\x01' or struct.unpack_from('<H', head, 18)[0] != EM_BPF:
        return None
    shoff, = struct.unpack_from('<Q', head, 40)
    entsize, n = struct.unpack_from('<HH', head, 58)
    end = shoff + entsize * n
    if entsize != 64 or not n or at + end > len(data):
        return None
    for i in range(n):
        kind, = struct.unpack_from('<I', data, at + shoff + 64 * i + 4)
        offset, size = struct.unpack_from('<QQ', data, at + shoff + 64 * i + 24)
        if kind not in (0, 8):  # SHT_NULL, SHT_NOBITS
            end = max(end, offset + size)
    return data[at:at + end] if at + end <= len(data) else None


def main(out, files):
    os.makedirs(out, exist_ok=True)
    for path in files:
        with open(path, 'rb') as f:
            data = f.read()
        at, n = data.find(b'\x7fELF'), 0
        while at >= 0:
            obj = object_at(data, at)
            if obj:
                name = os.path.join(out, f'{os.path.basename(path)}-{n}.o')
                with open(name, 'wb') as f:
                    f.write(obj)
                print(name)
                n += 1
            at = data.find(b'\x7fELF', at + 4)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2:])
