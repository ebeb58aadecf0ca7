# shellcheck shell=sh
# splash.sh: raw frames in the panel's own format, made when the image was built.

# fb_attribute NAME: sets `fb_value` from /sys/class/graphics/fb0.
fb_attribute() {
	fb_value=''
	{ read -r fb_value <"$MNX_SYSFS/class/graphics/fb0/$1"; } 2>/dev/null
}

# fb_ready: /dev/fb0 as a device. Writing to a name that is none would make a file of it.
fb_ready() {
	[ -c "$MNX_DEV/fb0" ]
}

# fb_check: holds what the driver says against what the frames were made for. A wrong one still
# shows something, so it is a warning; the right values are in it.
fb_check() {
	local width height
	fb_attribute virtual_size
	width=${fb_value%,*}
	height=${fb_value#*,}
	fb_expect width "$mnx_fb_width" "$width"
	# Drivers with several buffers report the height of all of them.
	if [ "${mnx_fb_height:-0}" -gt 0 ] && [ -n "$height" ] && [ $((height % mnx_fb_height)) -ne 0 ]; then
		warn "the frames are for height $mnx_fb_height, the framebuffer has $height"
	fi
	fb_attribute stride
	fb_expect stride "$mnx_fb_stride" "$fb_value"
	fb_attribute bits_per_pixel
	fb_expect bpp "$mnx_fb_bpp" "$fb_value"
}

# fb_expect NAME FRAMES DRIVER
fb_expect() {
	if [ -n "$2" ] && [ -n "$3" ] && [ "$2" != "$3" ]; then
		warn "the frames are for $1 $2, the framebuffer has $3"
	fi
}

# fb_hide_cursor: the text console's cursor would blink in the picture.
fb_hide_cursor() {
	[ -c "$MNX_DEV/tty0" ] && printf '\033[?25l' >"$MNX_DEV/tty0"
}

# text_console on|off: the kernel's text console on the framebuffer. Off while a picture is shown,
# or the log would run over it; what is said meanwhile is there when it comes back.
text_console() {
	local console name bind=0
	[ "$1" = on ] && bind=1
	for console in "$MNX_SYSFS"/class/vtconsole/*; do
		name=''
		{ read -r name <"$console/name"; } 2>/dev/null
		case "$name" in
			*'frame buffer'*) put "$bind" "$console/bind" ;;
		esac
	done
	remember text-console "$1"
}

# splash_leave: text instead of the picture, when there was one.
splash_leave() {
	recall text-console && [ "$recalled" = off ] && text_console on
	return 0
}

# fb_show NAME: one frame onto the screen.
fb_show() {
	local frame="$MNX_SPLASH/$1.raw.gz"
	if [ ! -e "$frame" ]; then
		fail "no frame $frame in the image"
		return
	fi
	zcat "$frame" >"$MNX_DEV/fb0"
	if [ "$mnx_fb_pan" = yes ]; then
		put 0,0 "$MNX_SYSFS/class/graphics/fb0/pan"
	fi
}

# fb_hold: keeps the framebuffer open. The drivers that want a pan clear it on the last close.
fb_hold() {
	[ "$mnx_fb_pan" = yes ] || return 0
	sleep 2147483647 3>"$MNX_DEV/fb0" >/dev/null 2>&1 &
	remember fb-hold.pid "$!"
}

# backlight_on: for panels that stay dark until someone says so. The path is below /sys.
backlight_on() {
	local file
	[ -n "$mnx_backlight_path" ] || return 0
	file=${mnx_backlight_path#/sys/}
	put "$mnx_backlight_value" "$MNX_SYSFS/${file#/}"
}
