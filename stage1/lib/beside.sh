# shellcheck shell=sh
# beside.sh: processes that run beside the boot, and how all of stage-1 ends at the hand-over.

# Where the words of the next one go; empty: nowhere.
beside_log=''

# beside NAME COMMAND...: runs it in the background and remembers it as NAME.pid. It holds nothing open of whoever
# starts it: the pipe of a log-in, the log of a step, the console that a redirection set aside.
beside() {
	local name="$1"
	shift
	# The brackets matter: around a plain command the shell keeps a copy of what the redirections replace.
	(
		beside_close
		"$@"
	) </dev/null >>"${beside_log:-/dev/null}" 2>&1 &
	remember "$name.pid" "$!"
}

# beside_close: everything above standard error. From 10 on lies what the shell has set aside; that becomes
# /dev/null, as a shell within it brings it back when it ends, and tries for ever where it is closed.
beside_close() {
	local fd most=9
	! fd_names || most=1024
	for fd in "$MNX_PROC"/self/fd/*; do
		fd=${fd##*/}
		case "$fd" in
			[012] | *[!0-9]*) ;;
			?) eval "exec $fd>&-" ;;
			*) [ "$fd" -gt "$most" ] || eval "exec $fd>/dev/null" ;;
		esac
	done
}

# fd_names: whether this shell has names for descriptors above 9. POSIX asks for no more, and to dash 10 is a word.
fd_names() {
	# shellcheck disable=SC3023 # that is the question
	set -- 10>&-
	[ "$#" = 0 ]
}

# within SECONDS COMMAND...: what init itself has to do with hardware, in a process that it waits for no longer than
# that: what hangs in the kernel hears no signal, and would take init with it.
within() {
	local tries=$(($1 * 50)) ended="$MNX_RUN/within-$2"
	shift
	rm -f "$ended"
	{
		"$@"
		: >"$ended"
	} &
	until [ -e "$ended" ]; do
		if [ "$tries" -eq 0 ]; then
			warn "$1 does not end; the boot goes on beside it"
			return 1
		fi
		tries=$((tries - 1))
		sleep 0.02
	done
	rm -f "$ended"
}

# leave_nobody: ends every process but init, the kernel's own and those that the root stands on, so that nothing of
# stage-1 draws over the real system, holds its devices or listens on its network. First asked, then made to.
leave_nobody() {
	local round
	for round in TERM KILL KILL KILL KILL; do
		left_over || return 0
		signal_left "$round"
		sleep 0.2
	done
	! left_over || warn "these could not be ended, and stay beside the real system:$left_names"
}

# signal_left SIGNAL
signal_left() {
	local pid
	for pid in $left; do
		kill -s "$1" "$pid" 2>/dev/null
	done
}

# left_over: sets `left` and `left_names` to the processes that are to end; false when there are none. A kernel thread
# has no command line, nor has a process that has ended. A name that starts with @ says that the root stands on it
# (systemd, ROOT_STORAGE_DAEMONS). The shell drops the NULs between arguments.
left_over() {
	local file pid line kept
	left='' left_names=''
	kept=$(kept_pids)
	for file in "$MNX_PROC"/[0-9]*/cmdline; do
		line=''
		{ read -r line <"$file"; } 2>/dev/null
		pid=${file%/cmdline}
		pid=${pid##*/}
		case "$line,$kept" in
			,* | @* | *",$pid,"*) continue ;;
		esac
		left="$left $pid"
		left_names="$left_names $pid ($line)"
	done
	[ -n "$left" ]
}

# kept_pids: prints those that live through the hand-over, each between commas: init, and what is still remembered of
# those that the real system wants alive.
kept_pids() {
	local name
	printf ',1,%s,' "$$"
	for name in watchdog udhcpd; do
		! recall "$name.pid" || printf '%s,' "$recalled"
	done
}
