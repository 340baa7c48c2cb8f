# SPDX-License-Identifier: GPL-2.0-only
"""The measured policies."""


def policy(rules: int) -> str:
    """A policy of that many rules that all stand in the way of everybody's operations: half of them forbid reading
    one tree each to ranges of users, half permit destinations; the last two permit what the operations do."""
    lines = ["apiVersion: cordon/v1", "kind: Policy", "metadata: {name: bench}", "rules:"]
    for number in range(rules - 2):
        lines.append(f"  - rule: rule {number}")
        if number % 2:
            lines.append(f"    who: {{users: [0, {2000 + number}]}}")
            lines.append(f"    forbid: [read, write, exec]\n    files: [\"/srv/tree{number}/**\"]")
        else:
            net = f"10.{number // 256 % 256}.{number % 256}.0/24"
            lines.append(f"    permit: [reach]\n    to: [{{net: {net}, ports: [{1 + number}]}}]")
    lines.append("  - rule: loopback\n    permit: [reach]\n    to: [{net: 127.0.0.0/8}]")
    lines.append("  - rule: everything\n    permit: [read, write, exec]\n    files: [\"/**\"]")
    return "\n".join(lines) + "\n"
