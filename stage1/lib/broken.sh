# shellcheck shell=sh
# broken.sh: what a stage-1 does that takes the place of one that broke off: it brings people in, and stays up.

# broken_up: the steps by which somebody comes in that init had not come to. A file that is no shell, which may be
# what broke it, is left out.
broken_up() {
	local name file
	steps_done=' ' steps_number=0 steps_count=5
	[ ! -e "$MNX_RUN/stage1.log" ] || steps_done=' 10-mounts 20-log '
	! recall interface || steps_done="$steps_done 50-gadget 60-network 70-ssh "
	for name in 10-mounts 20-log 50-gadget 60-network 70-ssh; do
		file=$MNX_LIB/steps/$name.sh
		steps_number=$((steps_number + 1))
		[ "$name" != 50-gadget ] || cmdline_apply
		case "$steps_done" in
			*" $name "*) continue ;;
		esac
		if "${MNX_SH:-/bin/sh}" -n "$file"; then
			run_step "$file"
		else
			step_name=init
			fail "$file is not valid shell and is left out"
		fi
	done
	step_name=init
	fail_with broken 'stage-1 broke off'
}
