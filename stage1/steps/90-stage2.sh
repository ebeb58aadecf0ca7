# shellcheck shell=sh
# 90-stage2.sh: over to the real system. In init itself, because that is what is replaced.
step_does='ending stage-1'
step_needs='80-root'
step_inline=yes

step_run() {
	if ! recall root; then
		say 'no root is mounted: no hand-over'
		return 0
	fi
	case "$mnx_stage2" in
		switch-root) hand_over "$@" ;;
		shell) say "the root $recalled is at $MNX_ROOT" ;;
		*) fail "mnx_stage2 is $mnx_stage2; this image can do switch-root and shell" ;;
	esac
}
