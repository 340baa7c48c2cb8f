# SPDX-License-Identifier: GPL-2.0-only
# Completion for cordon in fish: commands and options are asked of the program itself.
complete -c cordon -n __fish_use_subcommand -f -a '(cordon help 2>/dev/null | string match -rg "^  ([a-z]+) +(.*)" | paste - -)'
complete -c cordon -n 'not __fish_use_subcommand' -a '(cordon help (commandline -opc)[2] 2>/dev/null | string match -rg "^  (?:-., )?(--[a-z-]+)")'
