# shellcheck shell=sh
# again.sh: a step once more on a phone that is up, for whoever works on that step.

# steps_again NAME...: false when one of them is no such step or did not go well.
steps_again() {
	local name status=0 clock_of=again-
	for name in "$@"; do
		step_again "$name" || status=1
	done
	clock_stop
	return "$status"
}

# step_again NAME: with the settings of the command line, as at boot; what it needs is taken to be there.
step_again() {
	local file="$MNX_LIB/steps/$1.sh"
	step_name=again
	if [ ! -e "$file" ]; then
		fail "stage-1 has no step $1"
		return
	fi
	step_load "$file"
	if [ "$step_inline" = yes ]; then
		fail "$1 changes init itself: only a boot can run it"
		return
	fi
	if [ -z "$again_ready" ]; then
		cmdline_apply
		clock_start
		again_ready=yes
	fi
	step_forget "$1"
	steps_done=" $step_needs "
	run_step "$file"
	step_hooks "$1"
	case "$steps_done" in
		*" $1 "*) return 0 ;;
	esac
	return 1
}

# step_forget NAME: takes back what the step did at boot and cannot do twice.
step_forget() {
	case "$1" in
		40-splash) stop_recalled late-splash.pid ;;
		50-gadget)
			stop_recalled late-gadget.pid
			extras_stop
			configfs_remove "$MNX_CONFIGFS/usb_gadget/mnx"
			;;
		60-network)
			stop_recalled udhcpd.pid
			recall interface && ip addr flush dev "$recalled"
			[ -z "$mnx_wired_interface" ] || ip addr flush dev "$mnx_wired_interface"
			;;
		70-ssh)
			stop_recalled late-random.pid
			stop_recalled dropbear.pid
			;;
		80-root) root_forget ;;
	esac
	return 0
}
