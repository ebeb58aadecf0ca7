# shellcheck shell=sh
# stay.sh: a phone that goes no further: it stays up and can be talked to, tells what failed, starts again
# where the device says so, and goes on when somebody has helped (mnx-continue).

# stay_up [ARGUMENTS OF INIT...]: the phone waits for people. Never returns.
stay_up() {
	clock_stop
	while :; do
		tell_failure
		say "stage-1 stays up on $mnx_device_name"
		screen_settle $((screen_limit + 1))
		console_wanted || say_way_in
		stay_until_continued
		boot_on "$@"
	done
}

# tell_failure: what failed, on a disk of its own; and for how long the phone waits before it starts again,
# unless it has a shell to offer.
tell_failure() {
	restart_at=''
	[ -s "$MNX_RUN/failures" ] || return 0
	clock_start
	run_step "$MNX_LIB/failed.sh"
	clock_stop
	step_name=init
	console_wanted && return
	case "$mnx_on_failure" in
		reboot | bootloader) ;;
		*) return 0 ;;
	esac
	uptime_read
	restart_at=$((uptime_cs + mnx_failure_delay * 100))
	say "the phone starts again in $mnx_failure_delay s ($mnx_on_failure); a log-in keeps it here"
}

# stay_until_continued: for people. Signals are heard while waiting.
stay_until_continued() {
	while [ ! -e "$MNX_RUN/continue" ]; do
		if [ -n "$restart_at" ]; then
			restart_when_alone
			stay_asleep 1
		elif console_wanted; then
			console_shell
		else
			stay_asleep 3600
		fi
	done
}

stay_asleep() {
	sleep "$1" &
	wait "$!"
	kill "$!" 2>/dev/null
}

# restart_when_alone: starts again when the time is up; never under the hands of somebody who has logged in.
restart_when_alone() {
	if [ ! -s "$MNX_RUN/failures" ]; then
		restart_at=''
		say 'what failed has been mended: the phone stays up'
		return
	fi
	if grep -qi 'auth succeeded' "$MNX_RUN/dropbear.log" 2>/dev/null; then
		restart_at=''
		say 'somebody has logged in: the phone stays up'
		return
	fi
	uptime_read
	[ "$uptime_cs" -ge "$restart_at" ] || return 0
	case "$mnx_on_failure" in
		bootloader) restart_to bootloader ;;
		*) restart_to '' ;;
	esac
	# The machine goes down meanwhile.
	sleep 60
}

# boot_on [ARGUMENTS OF INIT...]: the root once more, and over to it. What is mounted at $MNX_ROOT by hand is
# taken as it is.
boot_on() {
	recall continue
	rm -f "$MNX_RUN/continue" "$MNX_RUN/failures" "$MNX_RUN/recovery"
	say 'going on, as mnx-continue asks'
	signal start
	if [ "$recalled" != - ]; then
		mnx_root=$recalled
		root_forget
	fi
	clock_start
	# shellcheck disable=SC2153 # MNX_ROOT stands in paths.sh
	if is_mounted "$MNX_ROOT" && ! recall root; then
		remember root "$MNX_ROOT, mounted by hand"
		steps_done="$steps_done 80-root "
	elif ! recall root; then
		root_forget
		run_step "$MNX_LIB/steps/80-root.sh"
	fi
	run_step "$MNX_LIB/steps/90-stage2.sh" "$@"
	step_name=init
}

# say_way_in: for whoever looks at a console that has no shell.
say_way_in() {
	if [ "$mnx_ssh" = on ]; then
		recall host-key
		say "no shell here; log in with: ssh root@$mnx_address${recalled:+ (host key $recalled)}"
	else
		say 'no shell here, and nobody may log in: build with --debug, or with --ssh-key'
	fi
}

# console_wanted: only a debug image opens a shell to whoever holds the phone. Sets `console_terminal`:
# the named one, or the one the kernel writes to, which is none with console=null.
console_wanted() {
	[ "$mnx_debug" = yes ] && [ "$mnx_release" != yes ] && [ "$mnx_console" != off ] || return
	console_terminal="$MNX_DEV/$mnx_console"
	[ -c "$console_terminal" ] || console_terminal=$MNX_CONSOLE
	(true <>"$console_terminal") 2>/dev/null
}

# console_shell: one shell there; a new one when it ends. It runs beside init, which waits: signals are
# heard while waiting, and mnx-continue ends the shell.
console_shell() {
	local shell
	shell_on "$console_terminal" &
	shell=$!
	wait "$shell"
	[ ! -e "$MNX_RUN/continue" ] || kill -9 "$shell" 2>/dev/null
	sleep 1
}

# shell_on TERMINAL: becomes a shell whose terminal that is, which ends when the cable is pulled.
# /dev/console is nobody's own: cttyhack finds the terminal behind it, and whatever it is given, it takes
# that one.
shell_on() {
	if [ "$1" = "$MNX_CONSOLE" ]; then
		interruptible setsid cttyhack sh -l <>"$1" >&0 2>&1
	else
		interruptible setsid -c sh -l <>"$1" >&0 2>&1
	fi
}

# interruptible APPLET...: becomes it, with Ctrl-C heard: what runs beside init ignores SIGINT (2), which no
# shell can take back for what it starts.
interruptible() {
	local number
	if [ -x "$MNX_SYSCALL" ] && syscall_number rt_sigaction; then
		exec "$MNX_SYSCALL" "$number" 2 @ 0 8 -- "$MNX_BUSYBOX" "$@"
	fi
	exec "$@"
}
