# shellcheck shell=sh
# failure.sh: what went wrong, as a code that the screen, the log and the people share. Each code has
# an error screen (src/splash/theme.ts): modules, gadget, network, ssh, root-not-found, root-mount,
# root-unlock, root-check, no-init, handover, kexec, step-hung, broken, random.

# fail_with CODE TEXT: says why a step fails, as `fail` does, and shows that error on the screen.
fail_with() {
	failure_note "$1" "$2"
	fail "$2"
}

# failure_note CODE TEXT: one more line in $MNX_RUN/failures: code, step, text. The last one is on
# the screen.
failure_note() {
	if [ -d "$MNX_RUN" ]; then
		printf '%s\n' "$1 ${step_name:-init} $2" >>"$MNX_RUN/failures"
	fi
	signal "$1"
	splash_error "$1"
}

# failure_last: sets `failure_step`, the step of the last failure; false when nothing has failed.
failure_last() {
	failure_step=''
	[ -s "$MNX_RUN/failures" ] || return
	read -r _ failure_step _ <<-END
		$(tail -n 1 "$MNX_RUN/failures")
	END
}

# failure_of_step STATUS TEXT: notes that the running step failed, unless it has said so itself and
# better. A step that the clock ended is named as that.
failure_of_step() {
	local code
	failure_last
	[ "$failure_step" != "$step_name" ] || [ "$1" = 137 ] || return 0
	case "$1,$step_name" in
		137,*) code='step-hung' ;;
		*-modules) code=modules ;;
		*-gadget) code=gadget ;;
		*-network) code=network ;;
		*-ssh) code=ssh ;;
		*-root) code='root-not-found' ;;
		*-stage2) code=handover ;;
		*) code=broken ;;
	esac
	failure_note "$code" "$2"
}
