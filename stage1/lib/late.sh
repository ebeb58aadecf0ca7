# shellcheck shell=sh
# late.sh: hardware that comes when its step has given up: a USB controller whose driver waits for firmware or
# for a charger, a panel that takes its time, random numbers. A process waits on beside the boot; without it a phone would stay
# dark, or unreachable, that needed a second more.

# late_start WHAT: gadget, splash or random; once.
late_start() {
	[ ! -e "$MNX_RUN/late-$1.pid" ] || return 0
	beside "late-$1" "late_$1"
}

late_stop() {
	stop_recalled late-gadget.pid
	stop_recalled late-splash.pid
	stop_recalled late-random.pid
}

# late_until COMMAND...
late_until() {
	until "$@"; do
		sleep 2
	done
}

late_gadget() {
	late_until udc_choose
	# What runs now is no longer this process: the step itself asks whether there is one.
	rm -f "$MNX_RUN/late-gadget.pid"
	say "the USB device controller $udc has come late: the gadget is plugged in now"
	"$MNX_STEP" --here 50-gadget 60-network 70-ssh || return
	late_mended '50-gadget|60-network|failed'
	# What else has failed had no disk to be told on.
	[ ! -s "$MNX_RUN/failures" ] || [ -s "$MNX_RUN/step" ] || failure_disk
}

late_splash() {
	late_until fb_comes
	rm -f "$MNX_RUN/late-splash.pid"
	say 'the framebuffer has come late: the splash is shown now'
	splash_start || return
	# Its step, which says which key it is, may have gone by.
	recovery_tell
	late_mended 40-splash
}

late_random() {
	late_until random_ready
	rm -f "$MNX_RUN/late-random.pid"
	say 'the kernel has random numbers now: SSH is started'
	"$MNX_STEP" --here 70-ssh || return
	late_mended 70-ssh
}

# late_mended STEPS: what was noted of these is no failure any more; signals and the screen tell of what is left.
late_mended() {
	local last=''
	if [ -e "$MNX_RUN/failures" ]; then
		sed -i -E "/^[^ ]+ ($1) /d" "$MNX_RUN/failures"
		last=$(tail -n 1 "$MNX_RUN/failures")
	fi
	if [ -n "$last" ]; then
		signal "${last%% *}"
		return
	fi
	signal start
	splash_recover
	# No step runs: stage-1 has done what it was asked.
	if [ ! -s "$MNX_RUN/step" ]; then
		splash_ready
		signals_ready
	fi
}
