# SPDX-License-Identifier: GPL-2.0-only
"""What tools/bench is made of: the policies, the boots, the report, the plot."""
