# shellcheck shell=sh
# watchdog.sh: keeps a watchdog fed that the loader has started and that resets the phone when nobody does,
# as a device file says ([quirks.watchdog]). busybox's watchdog is the one process; ended, it stops the
# watchdog where that can be stopped.

# watchdog_start: as soon as the device is there, which may be when its module has been loaded.
watchdog_start() {
	[ -n "$mnx_watchdog" ] && [ ! -e "$MNX_RUN/watchdog.pid" ] && watchdog_there || return 0
	beside watchdog watchdog -F -t "$mnx_watchdog_every" "$MNX_DEV/${mnx_watchdog#/dev/}"
	say "$mnx_watchdog is fed every $mnx_watchdog_every s"
}

watchdog_there() {
	[ -c "$MNX_DEV/${mnx_watchdog#/dev/}" ]
}

# watchdog_check: says when nothing feeds it, once drivers are loaded: the phone is going to restart.
watchdog_check() {
	[ -n "$mnx_watchdog" ] || return 0
	if ! recall watchdog.pid; then
		warn "there is no $mnx_watchdog: nothing feeds the watchdog"
	elif ! kill -0 "$recalled" 2>/dev/null; then
		warn "$mnx_watchdog cannot be opened: nothing feeds the watchdog"
	fi
}

# watchdog_leave: a real system that feeds it itself needs the device; for any other it stays fed, and is
# `kill $(cat /run/mnx/watchdog.pid)` away.
watchdog_leave() {
	[ "$mnx_watchdog_handover" != end ] || stop_recalled watchdog.pid
}
