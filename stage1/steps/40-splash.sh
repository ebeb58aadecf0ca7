# shellcheck shell=sh
# 40-splash.sh: a sign of life on the screen. Needs a framebuffer device; a phone without one goes on.
step_does='showing the splash'
step_needs='20-log'
step_limit=15

step_run() {
	backlight_on
	if [ "$mnx_splash" = off ] || [ ! -d "$MNX_SPLASH" ]; then
		! fb_ready || fb_without_picture
		say 'the image has no splash'
		return 0
	fi
	if ! wait_until 2 'a framebuffer' fb_comes; then
		late_start splash
		fail "no $MNX_DEV/fb0: $(fb_missing)"
		return
	fi
	splash_start
}

# fb_missing: why there is no framebuffer.
fb_missing() {
	local card
	for card in "$MNX_SYSFS"/class/drm/card[0-9]; do
		if [ -e "$card" ]; then
			echo 'the display driver is there, but the kernel has no fbdev emulation (CONFIG_DRM_FBDEV_EMULATION)'
			return
		fi
	done
	echo 'no display driver found its panel, and the loader handed no framebuffer over'
}
