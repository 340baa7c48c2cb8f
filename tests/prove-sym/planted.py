# SPDX-License-Identifier: GPL-2.0-only
"""The guard's object of a copy of its source in which something was changed."""
import os, shutil, subprocess

def planted(root, tmp, *edits):
    """edits: (file, text, instead), of which each text is there once. The object's path and "", or None and why not."""
    tree, obj = os.path.join(tmp, "tree"), os.path.join(tmp, "planted.o")
    shutil.rmtree(tree, ignore_errors=True)
    for part in ("bpf", "include"):
        shutil.copytree(os.path.join(root, part), os.path.join(tree, part))
    for file, text, instead in edits:
        path = os.path.join(tree, file)
        with open(path) as f:
            source = f.read()
        if source.count(text) != 1:
            return None, f"{file} has that {source.count(text)} times: {text}"
        with open(path, "w") as f:
            f.write(source.replace(text, instead))
    triple = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True).stdout.strip()
    r = subprocess.run(["clang-14", "-target", "bpf", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-O2", "-g", "-std=gnu11", "-Wno-everything", "-Iinclude", "-Ibpf",
                        "-idirafter", "/usr/include/" + triple, "-c", "bpf/cordon.bpf.c", "-o", obj], capture_output=True, text=True, cwd=tree)
    return (obj, "") if not r.returncode else (None, r.stderr)
