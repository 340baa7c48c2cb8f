# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion for cordon: commands and options are asked of the program itself, so they cannot rot.

_cordon() {
	local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(cordon help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
		return
	fi
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--policy-dir | --state-dir | --runtime-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--log | -l | --socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(cordon help "$command" 2>/dev/null |
			sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p')" -- "$word")
	elif [ "$command" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(cordon help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')" -- "$word")
	elif [[ " check test diff explain apply " == *" $command "* ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -X '!*.@(yaml|yml)' -- "$word"; compgen -d -- "$word")
	fi
}
complete -F _cordon cordon
