# SPDX-License-Identifier: GPL-2.0-only
# Leave out the paragraph macros that mean nothing: after a heading, before a heading, an end of indentation or another one.
/^\.PP?$/ { held = !after_heading; next }
{
	if (held && $0 !~ /^\.(SH|SS|RE|TS)/ && $0 != "") print ".PP"
	held = 0
	print
	after_heading = /^\.(SH|SS|TH)/
}
