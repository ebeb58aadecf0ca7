# shellcheck shell=sh
# splash.sh: the boot picture and its moving parts, all made when the image was built: bands
# NAME@FROM-TO.gz, rows of the panel from edge to edge, and a block of the background. The first picture
# is packed by lzop, which is expanded in a fraction of gzip's time. Whoever calls need not know whether there is a screen: without one, nothing is drawn and nothing fails.

# splash_start: the boot picture. False, with the reason in the log, where it cannot be drawn.
splash_start() {
	rm -f "$MNX_RUN/splash" "$MNX_RUN/splash-error"
	fb_hold
	fb_wake
	fb_look
	fb_judge
	[ "$fb_how" != none ] || return
	# Some drivers forget what was written to a panel that sleeps; others take long to wake it.
	[ "$mnx_fb_pan" != yes ] || fb_quiet 0 blank
	[ "$fb_top" -eq 0 ] || fb_first_buffer
	fb_hide_cursor
	text_console off
	lzop -dc "$MNX_SPLASH/ground.lzo" >"$MNX_RUN/ground" || return
	splash_picture
	fb_show_now
	fb_quiet 0 blank
	# From now on whoever has something to show tells the process that draws (screen.sh).
	screen_start || return
	remember splash "$fb_how $fb_top $fb_width $fb_height $fb_stride $fb_bpp"
	splash_play
}

# splash_play: an animated picture, in the background and in a loop, while stage-1 is at work. Each
# frame is what changes from the one before.
splash_play() {
	[ ! -e "$MNX_SPLASH/animation" ] || beside animation splash_frames
}

splash_frames() {
	local name seconds
	while :; do
		while read -r name seconds; do
			# A frame that is left out would be missing in all that follow.
			until screen_idle; do
				sleep 0.05
			done
			splash_part "$name"
			sleep "$seconds"
		done <"$MNX_SPLASH/animation"
	done
}

# splash_still: the animation stops.
splash_still() {
	recall animation.pid || return 0
	kill_tree "$recalled"
	rm -f "$MNX_RUN/animation.pid"
}

# fb_first_buffer: shows the first of several buffers, when the driver can; else the one that is shown
# is drawn on.
fb_first_buffer() {
	fb_quiet 0,0 pan
	fb_attribute pan
	fb_number "${fb_value#*,}" 0
	fb_top=$number
}

# splash_on: whether the picture is there; sets what fb_rows goes by.
splash_on() {
	[ -e "$MNX_RUN/splash" ] && fb_ready || return
	read -r fb_how fb_top fb_width fb_height fb_stride fb_bpp <"$MNX_RUN/splash"
}

# splash_picture: the background and the picture in one go, from the top to the bottom.
splash_picture() {
	local band from to
	for band in "$MNX_SPLASH"/boot@*.lzo; do
		band_rows "$band"
		if [ "$fb_how" = adapted ]; then
			splash_clear
			lzop -dc "$band" | fb_rows "$from"
		else
			if [ "$fb_top" -eq 0 ]; then
				# Straight to the device: a pipe would copy every byte twice more.
				splash_whole "$band" 1<>"$MNX_DEV/fb0"
			else
				splash_whole "$band" | fb_rows 0
			fi
		fi
	done
}

# splash_whole FILE: the background above the picture, the picture, the background below.
splash_whole() {
	ground_rows 0 "$from"
	lzop -dc "$1"
	ground_rows "$to" "$mnx_fb_height"
}

# band_rows FILE: sets `from` and `to`.
band_rows() {
	from=${1##*@}
	from=${from%.*}
	to=${from#*-}
	from=${from%-*}
}

# ground_rows FROM TO: blocks of the background that fill these rows.
ground_rows() {
	local left=$((($2 - $1 + fb_ground_rows - 1) / fb_ground_rows))
	set --
	while [ "$left" -gt 0 ]; do
		set -- "$@" "$MNX_RUN/ground"
		left=$((left - 1))
	done
	[ $# -eq 0 ] || cat "$@"
}

# splash_clear: the background everywhere; where the panel is not the picture's, black.
splash_clear() {
	if [ "$fb_how" = adapted ]; then
		dd if=/dev/zero bs=$((fb_stride * fb_row_step)) count=$(((fb_height + fb_row_step - 1) / fb_row_step)) 2>/dev/null |
			fb_write "$fb_top" "$fb_stride"
	fi
	ground_rows 0 "$mnx_fb_height" | fb_rows 0
}

# splash_band NAME: draws a moving part; false when the image has none of that name.
splash_band() {
	local band from to
	for band in "$MNX_SPLASH/$1"@*.gz; do
		[ -e "$band" ] || return
		band_rows "$band"
		zcat "$band" | fb_rows "$from"
	done
}

# splash_part NAME: a moving part over the picture, where there is one and no error stands on it.
splash_part() {
	! splash_clean || screen_tell part "$1"
	return 0
}

# splash_clean: whether the picture is there and no error stands on it.
splash_clean() {
	splash_on && [ ! -e "$MNX_RUN/splash-error" ]
}

# splash_message NAME: a line of the theme below the picture.
splash_message() {
	splash_part "message-$1"
}

# splash_progress N: the bar, in per cent; pictures of it stand for every second one.
splash_progress() {
	case "$1" in
		'' | *[!0-9]*) return 0 ;;
	esac
	[ "$1" -le 100 ] || set -- 100
	splash_part "progress-$(($1 / 2))"
}

# splash_wait: the next picture of the spinner. Called from where stage-1 waits.
splash_wait() {
	splash_frame=$((${splash_frame:-0} % 5 + 1))
	# On a slow panel the pictures of it that nobody has drawn yet would pile up.
	! screen_idle || splash_part "spinner-$splash_frame"
}

# splash_waited: takes the spinner away, when there was one.
splash_waited() {
	[ -z "${splash_frame:-}" ] || splash_part spinner-0
	splash_frame=''
}

# splash_error CODE: an error screen in the place of the picture: code, sentence, the running step,
# how to log in where somebody can.
splash_error() {
	splash_on && ls "$MNX_SPLASH/error-$1"@*.gz >/dev/null 2>&1 || return 0
	splash_still
	: >"$MNX_RUN/splash-error"
	screen_tell error "$1" "${step_name:-init}"
}

# splash_draw_error CODE STEP
splash_draw_error() {
	splash_clear
	splash_band "error-$1"
	splash_band "step-$2"
	case "$1" in
		gadget | network | ssh | random) ;;
		*) splash_band access ;;
	esac
}

# splash_recover: the picture again in place of an error that has been mended.
splash_recover() {
	splash_on && [ -e "$MNX_RUN/splash-error" ] && [ ! -s "$MNX_RUN/failures" ] || return 0
	rm -f "$MNX_RUN/splash-error"
	screen_tell picture
	recovery_tell
}

# splash_shows_error: whether an error screen stands on the panel.
splash_shows_error() {
	splash_on && [ -e "$MNX_RUN/splash-error" ]
}

# splash_step NUMBER OF: what the running step does, and how far stage-1 is.
splash_step() {
	splash_on || return 0
	splash_message "${step_name#*-}"
	splash_progress $((100 * $1 / $2))
}

# splash_ready: stage-1 has done all that it was asked.
splash_ready() {
	local name=ready
	splash_on || return 0
	if recall animation.pid; then
		splash_still
		if splash_clean; then
			screen_tell picture
			recovery_tell
		fi
	fi
	recall interface && [ "$mnx_ssh" = on ] && name=ready-ssh
	splash_message "$name"
	splash_progress 100
}

# splash_leave: text instead of the picture, when there was one.
splash_leave() {
	splash_still
	rm -f "$MNX_RUN/splash" "$MNX_RUN/ground"
	recall text-console && [ "$recalled" = off ] && ! screen_lost || return 0
	if [ -p "$MNX_RUN/screen" ]; then
		screen_tell text
	else
		# Its step did not come to that.
		within 3 text_console on
	fi
}
