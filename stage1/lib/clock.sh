# shellcheck shell=sh
# clock.sh: no step hangs in silence. One process looks at the running step every second, says
# after 3 s what it waits for, and ends it at its limit.

# In front of the names of the clock's files; steps that somebody runs once more have a clock beside init's.
: "${clock_of:=}"

# clock_set PID START LIMIT NAME: the step that runs now; START in 1/100 s of the kernel's clock. PID is
# `init` for a step that runs in init itself, which nothing can end.
clock_set() {
	printf '%s %s %s %s\n' "$1" "$2" "$3" "$4" >"$MNX_RUN/${clock_of}step"
}

# clock_extend SECONDS: the running step may take that much longer, because of what it has found.
clock_extend() {
	local pid='' start='' limit='' name=''
	read -r pid start limit name <"$MNX_RUN/${clock_of}step"
	[ -z "$name" ] || clock_set "$pid" "$start" "$((limit + $1))" "$name"
}

clock_clear() {
	: >"$MNX_RUN/${clock_of}step"
	clock_waits
}

clock_start() {
	clock_stop
	clock_clear
	beside "${clock_of}clock" clock_run
}

# clock_run: the clock's own process. It leaves no `sleep` behind when it is stopped.
clock_run() {
	trap 'kill "$!"; exit 0' TERM
	while :; do
		sleep 1 &
		wait "$!"
		clock_tick
	done
}

clock_stop() {
	stop_recalled "${clock_of}clock.pid"
}

# clock_tick: one look at the running step. The file may be empty or half written; the next
# second brings the next look.
clock_tick() {
	local pid='' start='' limit='' name='' elapsed waiting=''
	screen_lives
	read -r pid start limit name <"$MNX_RUN/${clock_of}step" || return 0
	[ -n "$name" ] || return 0
	uptime_read
	elapsed=$(((uptime_cs - start) / 100))
	[ "$elapsed" -ge 3 ] || return 0
	read -r waiting <"$MNX_RUN/${clock_of}waiting"
	if [ -z "$waiting" ] && modules_loading; then
		waiting="the driver $loading to start"
	fi
	clock_holds || return 0
	step_name=$name
	if [ "$elapsed" -ge "$limit" ] && [ "$pid" = init ]; then
		clock_once late || return 0
		fail_with step-hung "$elapsed s, over its limit, and init itself cannot be ended; it waits for ${waiting:-its commands}"
	elif [ "$elapsed" -ge $((limit + 3)) ]; then
		clock_leave "$pid"
	elif [ "$elapsed" -ge "$limit" ]; then
		! clock_once end || fail "$elapsed s, over its limit; ended while waiting for ${waiting:-its commands}"
		kill_tree "$pid"
	elif [ $((elapsed % (elapsed < 60 ? 3 : 60))) -eq 0 ]; then
		say "$elapsed s of at most $limit s; waits for ${waiting:-its commands}"
	fi
	return 0
}

# clock_holds: whether the step that was looked at runs still: on a busy machine a look may take longer than a step.
clock_holds() {
	local now=''
	read -r _ now _ <"$MNX_RUN/${clock_of}step"
	[ "$now" = "$start" ]
}

# clock_once WHAT: true the first time for this step as it runs now.
clock_once() {
	recall "${clock_of}clock-once"
	[ "$recalled" != "$1 $name $start" ] || return
	remember "${clock_of}clock-once" "$1 $name $start"
}

# clock_leave PID: a process that hangs in the kernel hears no signal; who waits for it is told to go on.
clock_leave() {
	! clock_once leave || fail 'it hangs in the kernel and cannot be ended; the boot goes on beside it'
	remember "${clock_of}step-left" "$1"
	kill -HUP "$$"
}

# clock_waits [TEXT]: what the running step waits for; nothing any more.
clock_waits() {
	printf '%s' "${1:+$1
}" >"$MNX_RUN/${clock_of}waiting"
}

# wait_until SECONDS WHAT COMMAND...: asks every 1/5 s until the command says yes.
wait_until() {
	local end waiting="$2"
	uptime_read
	end=$((uptime_cs + $1 * 100))
	shift 2
	"$@" && return
	clock_waits "$waiting"
	while uptime_read && [ "$uptime_cs" -lt "$end" ]; do
		splash_wait
		sleep 0.2
		if "$@"; then
			clock_waits
			splash_waited
			return 0
		fi
	done
	clock_waits
	splash_waited
	return 1
}

# kill_tree PID: ends a process and all that it started. It is stopped first, so that it starts
# nothing new, and dies last: the children of a dead parent belong to init.
kill_tree() {
	local child
	kill -STOP "$1" 2>/dev/null
	for child in $(children_of "$1"); do
		kill_tree "$child"
	done
	kill -9 "$1" 2>/dev/null
}

# children_of PID: prints the processes whose parent it is. busybox has no pkill -P here.
children_of() {
	local parent="$1" stat line
	for stat in "$MNX_PROC"/[0-9]*/stat; do
		{ read -r line <"$stat"; } 2>/dev/null || continue
		# The second field is a name in brackets that may hold blanks: count behind the last bracket.
		# shellcheck disable=SC2086 # the rest of the line is split into its fields
		set -- ${line##*) }
		[ "$2" = "$parent" ] && echo "${line%% *}"
	done
	return 0
}

# stop_recalled NAME: ends the process whose pid is in a remembered file.
stop_recalled() {
	recall "$1" && kill "$recalled" 2>/dev/null
	rm -f "$MNX_RUN/$1"
}
