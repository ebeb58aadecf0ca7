# shellcheck shell=sh
# recovery.sh: a shell in place of the real system, for whoever holds the phone: with the word mnx.shell on
# the command line, or a key held while stage-1 looks at the keys.

# recovery_look: notes whether it is wanted, and why. Only a --debug image opens one; any other says so
# where the command line asks, and never looks at keys.
recovery_look() {
	if cmdline_has mnx.shell; then
		if recovery_allowed; then
			recovery_note 'mnx.shell is on the command line'
		else
			warn 'mnx.shell is left alone: only an image that was built with --debug opens a shell'
		fi
	elif recovery_allowed && [ -n "$mnx_shell_key" ]; then
		recovery_key
	fi
	return 0
}

recovery_allowed() {
	[ "$mnx_debug" = yes ] && [ "$mnx_release" != yes ]
}

# recovery_tell: the line on the screen that says which key it is.
recovery_tell() {
	! recovery_allowed || splash_part shell-key
}

recovery_key() {
	recovery_tell
	if ! key_number "$mnx_shell_key"; then
		warn "mnx_shell_key is $mnx_shell_key, which is no key that is known here"
	elif key_down "$mnx_shell_key"; then
		recovery_note "$mnx_shell_key is held"
	fi
}

recovery_note() {
	say "$1: a shell comes in place of the real system; mnx-continue goes on"
	remember recovery "$1"
}

recovery_wanted() {
	[ -e "$MNX_RUN/recovery" ]
}
