# shellcheck shell=sh
# extras.sh: what the gadget is beside a network card, as the device file says (usb.extras):
#   acm   a serial port that carries the log; in a --debug image a shell
#   adb   Android's debug bridge, in a --debug image (adb.sh starts it before the gadget is plugged in)

# extras_start: runs what stands behind the functions in `extras_made`, once the gadget is plugged in.
extras_start() {
	local extra
	remember extras "$extras_made"
	for extra in $extras_made; do
		case "$extra" in
			acm) acm_start ;;
			adb | ffs) adb_watch_start ;;
		esac
	done
	return 0
}

# extras_again: the same once more, when the gadget was unplugged meanwhile.
extras_again() {
	recall extras
	extras_made=$recalled
	extras_start
}

extras_stop() {
	local pid
	adb_stop
	recall acm.pid || return 0
	pid=$recalled
	rm -f "$MNX_RUN/acm.pid"
	kill_tree "$pid"
}

acm_start() {
	if ! wait_until 2 "$MNX_DEV/ttyGS0" [ -c "$MNX_DEV/ttyGS0" ]; then
		warn "there is no $MNX_DEV/ttyGS0: the serial port stays silent"
		return
	fi
	beside acm acm_talk
}

# acm_talk: the log from its start and each further line, for as long as the phone is in stage-1, and again from
# its start when the cable was pulled: the kernel hangs the port up then. A computer echoes what it gets until a
# program opens the port: its echo must not be answered. In a --debug image a shell, which says nothing before
# somebody presses Enter: it would take its own echo for commands.
acm_talk() {
	local port="$MNX_DEV/ttyGS0"
	if [ "$mnx_debug" = yes ] && [ "$mnx_release" != yes ]; then
		while :; do
			IFS= read -r _ <"$port" && (shell_on "$port")
			sleep 1
		done
	fi
	while :; do
		stty -echo <"$port"
		tail -n +1 -f "$MNX_RUN/stage1.log" >"$port" &
		# Reading ends when the port is hung up; what writes would not notice before the next line.
		cat <"$port" >/dev/null
		kill "$!"
		sleep 1
	done
}
