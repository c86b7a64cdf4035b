# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of gtalk-bridgectl for bash.

_gtalk_bridgectl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words
	COMPREPLY=()
	case $prev in
	--socket | --config)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	words=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n 's/^  \([a-z]\+\)  *[a-z].*/\1/p')
	mapfile -t COMPREPLY < <(compgen -W "$words --socket --config --json --help" -- "$cur")
}
complete -F _gtalk_bridgectl gtalk-bridgectl
