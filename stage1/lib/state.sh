# shellcheck shell=sh
# state.sh: what a step tells those after it. Steps run in processes of their own, so it goes
# through files.

# remember NAME VALUE
remember() {
	printf '%s\n' "$2" >"$MNX_RUN/$1"
}

# recall NAME: sets `recalled`, empty when nothing is remembered.
recall() {
	recalled=''
	[ -e "$MNX_RUN/$1" ] && read -r recalled <"$MNX_RUN/$1"
	[ -n "$recalled" ]
}
