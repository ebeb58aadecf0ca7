# shellcheck shell=sh
# signals.sh: how far stage-1 is, told by a lamp, the vibrator or the backlight, for a phone whose screen
# shows nothing. Where the device file names none of them, nothing runs. One process plays what the steps
# note in $MNX_RUN/signals, one after the other, so that a count can be counted:
#   start   once, 1 s: stage-1 has started, or goes on after a failure
#   step    a short blink, 0.15 s: a step went well
#   up      lit, with a gap every 3 s: stage-1 has done what it was asked, and waits
#   ssh     lit: the phone can be logged in to
#   CODE    as many blinks of 0.5 s as signal_number says, a pause of 2 s, and again: a failure
# A backlight is lit at rest and goes dark to blink. A vibrator buzzes where a lamp is lit; it buzzes a
# failure three times, and `up` and `ssh` once, for 1 s.

# signals_wanted: whether the device has any of them.
signals_wanted() {
	[ -n "$mnx_signal_leds$mnx_signal_vibrator" ] || [ "$mnx_signal_backlight" = yes ]
}

# signals_start: as early as there is a /sys; once.
signals_start() {
	signals_wanted && [ ! -e "$MNX_RUN/signals.pid" ] || return 0
	: >>"$MNX_RUN/signals"
	beside signals signals_play
	signal start
}

# signals_stop: all dark, and lamps as the kernel had them: the real system has its own use for them.
signals_stop() {
	recall signals.pid || return 0
	kill_tree "$recalled"
	rm -f "$MNX_RUN/signals.pid"
	backlight_set "$mnx_backlight_value"
	lamps_return
}

# signals_change BEFORE: the command line may name other ones than `signals_named` gave before.
signals_change() {
	local before="$1"
	signals_named
	[ "$named" = "$before" ] && return
	! recall signals.pid || within 3 signals_stop
	signals_start
}

# signals_named: sets `named`, all that is used.
signals_named() {
	named="$mnx_signal_leds,$mnx_signal_vibrator,$mnx_signal_backlight"
}

# signal NAME: one more thing to tell. No process is started for it.
signal() {
	[ ! -e "$MNX_RUN/signals.pid" ] || printf '%s\n' "$1" >>"$MNX_RUN/signals"
}

# signals_ready: stage-1 has done all that it was asked.
signals_ready() {
	if recall interface && [ "$mnx_ssh" = on ]; then
		signal ssh
	else
		signal up
	fi
}

# signal_number CODE: sets `number`: how often a failure blinks. A code keeps its number; what is none is `broken`.
signal_number() {
	local code
	number=0
	for code in modules gadget network ssh root-not-found root-mount root-unlock root-check no-init \
		handover kexec step-hung broken random; do
		number=$((number + 1))
		[ "$code" != "$1" ] || return 0
	done
	signal_number broken
}

# signals_play: the process that plays. Reading on from where a plain file ended brings what came since.
signals_play() {
	local event='' state='' rounds=0
	while ! lamps_there; do
		sleep 0.2
	done
	while :; do
		if read -r event; then
			signal_event "$event"
		else
			signal_rest
		fi
	done <"$MNX_RUN/signals"
}

# lamps_there: the driver of a lamp may be a module, which comes later.
lamps_there() {
	local led
	for led in $mnx_signal_leds; do
		[ ! -e "$MNX_SYSFS/class/leds/$led/brightness" ] || return 0
	done
	{ [ -n "$mnx_signal_vibrator" ] && [ -e "$MNX_SYSFS/${mnx_signal_vibrator#/sys/}" ]; } ||
		{ [ "$mnx_signal_backlight" = yes ] && [ -e "$MNX_SYSFS/${mnx_backlight_path#/sys/}" ]; }
}

# signal_event NAME: what happened. A failure stays until the next one, as it does on the screen.
signal_event() {
	case "$1" in
		start)
			state=''
			signal_blink 1000 1 0.5
			;;
		step) [ -n "$state" ] || signal_blink 150 0.15 0.3 ;;
		up | ssh)
			[ -z "$state" ] || return 0
			state=$1
			signal_blink 1000 1 0.3
			;;
		*)
			signal_number "$1"
			state=$number rounds=0
			signal_off
			sleep 1
			;;
	esac
}

# signal_rest: what shows while nothing happens.
signal_rest() {
	case "$state" in
		'') sleep 0.2 ;;
		ssh | up)
			leds_set on
			sleep 3
			[ "$state" = ssh ] || leds_set off
			sleep 0.3
			;;
		*)
			signal_count "$state"
			sleep 2
			;;
	esac
}

# signal_count N: that many long blinks.
signal_count() {
	local left="$1" length=500
	rounds=$((rounds + 1))
	[ "$rounds" -le 3 ] || length=0
	while [ "$left" -gt 0 ]; do
		signal_blink "$length" 0.5 0.5
		left=$((left - 1))
	done
}

# signal_blink MILLISECONDS ON OFF: everything at once; the vibrator counts in milliseconds, 0: not at all.
signal_blink() {
	leds_set on
	backlight_set 0
	[ "$1" -eq 0 ] || vibrate "$1"
	sleep "$2"
	signal_off
	sleep "$3"
}

signal_off() {
	leds_set off
	backlight_set "$mnx_backlight_value"
}

# leds_set on|off: a lamp that the kernel blinks by itself is taken from it first.
leds_set() {
	local led folder most trigger
	for led in $mnx_signal_leds; do
		folder="$MNX_SYSFS/class/leds/$led"
		[ -e "$folder/brightness" ] || continue
		if [ ! -e "$MNX_RUN/led.$led" ]; then
			trigger=''
			{ read -r trigger <"$folder/trigger"; } 2>/dev/null
			trigger=${trigger#*\[}
			remember "led.$led" "${trigger%%\]*}"
			signal_put none "$folder/trigger"
		fi
		most=''
		{ read -r most <"$folder/max_brightness"; } 2>/dev/null
		if [ "$1" = on ]; then
			signal_put "${most:-255}" "$folder/brightness"
		else
			signal_put 0 "$folder/brightness"
		fi
	done
}

# lamps_return: dark, and the kernel's own trigger again, such as that of a charging battery.
lamps_return() {
	local file folder
	for file in "$MNX_RUN"/led.*; do
		folder="$MNX_SYSFS/class/leds/${file##*/led.}"
		recall "${file##*/}" || continue
		signal_put 0 "$folder/brightness"
		signal_put "$recalled" "$folder/trigger"
		rm -f "$file"
	done
}

backlight_set() {
	[ "$mnx_signal_backlight" != yes ] || signal_put "$1" "$MNX_SYSFS/${mnx_backlight_path#/sys/}"
}

# vibrate MILLISECONDS: Android's timed output is one file; its vibrators among the lamps are a folder.
vibrate() {
	local path
	[ -n "$mnx_signal_vibrator" ] || return 0
	path="$MNX_SYSFS/${mnx_signal_vibrator#/sys/}"
	if [ -d "$path" ]; then
		signal_put 1 "$path/state"
		signal_put "$1" "$path/duration"
		signal_put 1 "$path/activate"
	else
		signal_put "$1" "$path"
	fi
}

# signal_put VALUE FILE: in silence, because it is done often; what is not there stays as it is.
signal_put() {
	[ ! -e "$2" ] || echo "$1" >"$2"
} 2>/dev/null
