# shellcheck shell=sh
# screen.sh: the one process that draws once the first picture stands. A driver that hangs (a vsync that never comes)
# keeps whoever writes to it, and no signal ends that: so nobody of the boot draws. They tell it what to draw, which is
# drawn in that order, and go on. A process that does not come back from a drawing is left behind, and the screen with it.

# Seconds that one drawing may take: on a panel of another size than the picture's it is done row by row.
screen_limit=15

# screen_start: another one in place of one that there was.
screen_start() {
	! recall screen.pid || kill_tree "$recalled"
	rm -f "$MNX_RUN/screen" "$MNX_RUN/screen-busy" "$MNX_RUN/screen-lost"
	mkfifo "$MNX_RUN/screen" || return
	beside screen screen_run
	# Both ends meet here: what is told before it listens would be lost.
	: >"$MNX_RUN/screen"
}

# screen_run: the process. It holds the pipe open for writing as well, so that it never ends for want of a writer.
screen_run() {
	local what name step
	exec <"$MNX_RUN/screen"
	exec 3<>"$MNX_RUN/screen"
	while read -r what name step; do
		uptime_read
		remember screen-busy "$uptime_cs"
		screen_draw </dev/null
		: >"$MNX_RUN/screen-busy"
	done
}

# screen_draw: what is true no more when its turn has come is not drawn; a part of which the image has no band, neither.
screen_draw() {
	case "$what" in
		text) text_console on ;;
		settled)
			remember screen-settled "$name"
			return
			;;
		error) ! splash_shows_error || splash_draw_error "$name" "$step" ;;
		picture) ! splash_clean || splash_picture ;;
		part) ! splash_clean || splash_band "$name" ;;
	esac
	! splash_on || fb_show_now
}

# screen_tell part NAME|picture|error CODE STEP|text: never waits. A pipe that is opened for both ways asks for nobody at
# the other end, and one that nobody empties is left before it is full.
screen_tell() {
	! screen_lives || printf '%s\n' "$*" 1<>"$MNX_RUN/screen"
	return 0
}

# screen_lives: whether there is one that draws. One that hangs is named and left behind.
screen_lives() {
	[ -p "$MNX_RUN/screen" ] || return
	screen_idle && return
	uptime_read
	[ "$uptime_cs" -ge $((recalled + screen_limit * 100)) ] || return 0
	# Only one of those who ask says so.
	rm "$MNX_RUN/screen" 2>/dev/null || return
	: >"$MNX_RUN/screen-lost"
	rm -f "$MNX_RUN/splash"
	warn "the driver of the screen has not come back from a drawing for $screen_limit s: nothing is shown there any more"
	return 1
}

# screen_idle: whether nothing is being drawn.
screen_idle() {
	! recall screen-busy
}

# screen_lost: whether its driver hangs.
screen_lost() {
	[ -e "$MNX_RUN/screen-lost" ]
}

# screen_settle SECONDS: waits until all that was told is drawn, and no longer than that.
screen_settle() {
	local tries=$(($1 * 20)) token
	screen_settles=$((${screen_settles:-0} + 1))
	uptime_read
	token="$uptime_cs-$screen_settles"
	screen_tell settled "$token"
	until recall screen-settled && [ "$recalled" = "$token" ]; do
		screen_lives && [ "$tries" -gt 0 ] || return 0
		tries=$((tries - 1))
		sleep 0.05
	done
}
