# shellcheck shell=sh
# 40-splash.sh: a sign of life on the screen. Needs a framebuffer device; a phone without one goes on.
step_does='showing the splash'
step_needs='20-log'
step_limit=15

step_run() {
	backlight_on
	if [ "$mnx_splash" = off ] || [ ! -d "$MNX_SPLASH" ]; then
		say 'the image has no splash'
		return 0
	fi
	if ! wait_until 2 'a framebuffer' fb_ready; then
		fail "no $MNX_DEV/fb0: no display driver found its panel, and the loader handed no framebuffer over"
		return
	fi
	fb_check
	fb_hide_cursor
	text_console off
	fb_hold
	fb_show boot
}
