# shellcheck shell=sh
# steps.sh: runs the steps of stage-1. A step file sets
#   step_does    what it does, in words for the log
#   step_needs   names of the steps that must have gone well before it
#   step_limit   seconds it may take; then it is ended and the boot goes on
#   step_inline  yes: it changes init itself and runs in its process, so no limit can end it; the clock
#                tells when it hangs
# and defines step_run, which returns 0 when all went well and says why when not.

# Steps that went well, between blanks; steps and their times, for the report.
steps_done=' '
steps_times=''

run_steps() {
	local file
	steps_count=0 steps_number=0
	for file in "$MNX_LIB"/steps/*.sh; do
		steps_count=$((steps_count + 1))
	done
	for file in "$MNX_LIB"/steps/*.sh; do
		run_step "$file" "$@"
		step_hooks "$step_name"
		steps_number=$((steps_number + 1))
	done
	step_name=init
}

# step_hooks NAME: what the user laid behind that step.
step_hooks() {
	local step_hooked="$1" hook_file
	for hook_file in "$MNX_LIB/hooks/$step_hooked"/*.sh; do
		[ -e "$hook_file" ] || continue
		run_step "$MNX_LIB/hook.sh"
	done
}

# run_step FILE [ARGUMENTS OF INIT...]
run_step() {
	local file="$1" status
	shift
	step_load "$file"
	if ! step_ready; then
		warn "left out, because $step_lacks did not go well"
		return 0
	fi
	probe "$step_name"
	say "$step_does"
	splash_step "${steps_number:-0}" "${steps_count:-1}"
	uptime_read
	step_start=$uptime_cs
	if [ "$step_inline" = yes ]; then
		step_run_inline "$@"
	else
		step_run_apart "$@"
	fi
	status=$?
	if [ "$status" = 137 ] && modules_leave; then
		say 'once more, without it'
		step_forget "$step_name"
		uptime_read
		step_start=$uptime_cs
		step_run_apart "$@"
		status=$?
	fi
	if [ -d "$MNX_RUN" ]; then
		log_lines "$MNX_RUN/output"
	fi
	step_end "$status"
}

step_load() {
	step_name=${1##*/}
	step_name=${step_name%.sh}
	step_does=$step_name step_needs='' step_limit=30 step_inline=no
	. "$1"
}

# step_ready: whether all that the step needs went well; else `step_lacks` names the first that did not.
step_ready() {
	for step_lacks in $step_needs; do
		case "$steps_done" in
			*" $step_lacks "*) ;;
			*) return 1 ;;
		esac
	done
}

# step_run_inline [ARGUMENTS...]: runs the step in init itself. The clock, where it runs already, tells
# what hangs there.
step_run_inline() {
	local status
	if [ ! -d "$MNX_RUN" ]; then
		step_run "$@"
		return
	fi
	step_watched
	step_run "$@" >>"$MNX_RUN/output" 2>&1
	status=$?
	[ ! -e "$MNX_RUN/${clock_of}clock.pid" ] || clock_clear
	return "$status"
}

step_watched() {
	[ ! -e "$MNX_RUN/${clock_of}clock.pid" ] || clock_set init "$step_start" "$step_limit" "$step_name"
}

# step_run_apart [ARGUMENTS...]: runs the step in a process that the clock may end.
step_run_apart() {
	local pid status
	(step_run "$@") </dev/null >>"$MNX_RUN/output" 2>&1 &
	pid=$!
	clock_set "$pid" "$step_start" "$step_limit" "$step_name"
	step_wait "$pid"
	status=$?
	clock_clear
	return "$status"
}

# step_wait PID: until it ends. A signal wakes the shell that waits: mnx-continue, which may come early, or the
# clock, which knows that nothing can end what hangs in the kernel.
step_wait() {
	local status
	while :; do
		wait "$1" 2>/dev/null
		status=$?
		[ "$status" -gt 128 ] && kill -0 "$1" 2>/dev/null || return "$status"
		if recall "${clock_of}step-left" && [ "$recalled" = "$1" ]; then
			return 137
		fi
	done
}

# step_end STATUS
step_end() {
	local took
	uptime_read
	took=$((uptime_cs - step_start))
	seconds "$took"
	steps_times="$steps_times $step_name $seconds_text,"
	case "$1" in
		0)
			steps_done="$steps_done$step_name "
			signal step
			say "done in $seconds_text s"
			;;
		137) step_failed "ended at its limit of $step_limit s" 137 ;;
		*) step_failed "failed after $seconds_text s" "$1" ;;
	esac
	return 0
}

# step_failed WHY STATUS: the log tells. On the screen an error screen takes the place of the picture,
# or the log where none can be drawn.
step_failed() {
	fail "$1; the boot goes on"
	failure_of_step "$2" "$1"
	splash_shows_error && return
	splash_leave
	log_on_screen
}

# report_times: one line with the time of every step.
report_times() {
	uptime_read
	seconds "$uptime_cs"
	say "seconds per step:${steps_times%,}; up for $seconds_text s"
}
