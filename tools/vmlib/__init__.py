# SPDX-License-Identifier: GPL-2.0-only
"""What tools/vm is made of: cache, package source, kernel, initramfs, root image, machine."""


class VmError(Exception):
    """A reason for which no machine can be run; its text is shown to the user as it is."""
