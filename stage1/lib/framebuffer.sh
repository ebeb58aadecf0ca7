# shellcheck shell=sh
# framebuffer.sh: rows of the panel's own bytes onto the screen, whatever the driver made of it. No
# program that draws: a seek and a write.

# Rows of a ground block, and the rows on which bands start (src/splash/splash.ts, strip.ts).
fb_ground_rows=32
fb_row_step=8

# fb_attribute NAME: sets `fb_value` from /sys/class/graphics/fb0.
fb_attribute() {
	fb_value=''
	{ read -r fb_value <"$MNX_SYSFS/class/graphics/fb0/$1"; } 2>/dev/null
}

# fb_ready: /dev/fb0 as a device. Writing to a name that is none would make a file of it.
fb_ready() {
	[ -c "$MNX_DEV/fb0" ]
}

# fb_comes: drivers of panels that their bus has found late are asked for each time.
fb_comes() {
	fb_ready || {
		coldplug
		fb_ready
	}
}

# fb_quiet VALUE NAME: writes an attribute that not every driver takes.
fb_quiet() {
	{ echo "$1" >"$MNX_SYSFS/class/graphics/fb0/$2"; } 2>/dev/null
}

# fb_look: sets what the driver says: fb_width, fb_height, fb_stride, fb_bpp, and fb_top, the row at
# which the buffer starts that is shown. What it does not say is taken from the image's settings.
fb_look() {
	fb_attribute bits_per_pixel
	fb_number "$fb_value" "$mnx_fb_bpp"
	fb_bpp=$number
	fb_attribute stride
	fb_number "$fb_value" "$mnx_fb_stride"
	fb_stride=$number
	fb_attribute virtual_size
	fb_number "${fb_value%,*}" "$mnx_fb_width"
	fb_width=$number
	fb_number "${fb_value#*,}" "$mnx_fb_height"
	fb_height=$number
	fb_seen_size
	fb_attribute pan
	fb_number "${fb_value#*,}" 0
	fb_top=$number
}

# fb_number TEXT OTHER: sets `number`: the text when it is a number above 0, else the other.
fb_number() {
	case "$1" in
		'' | 0* | *[!0-9]*) number=$2 ;;
		*) number=$1 ;;
	esac
}

# fb_seen_size: the virtual size may hold two or three buffers, one below the other, and rows that are
# wider than the panel. `mode` and `modes` say what is seen: U:1080x1920p-60.
fb_seen_size() {
	local name size
	if [ "$fb_width" = "$mnx_fb_width" ] && [ "${mnx_fb_height:-0}" -gt 0 ] && [ $((fb_height % mnx_fb_height)) -eq 0 ]; then
		fb_height=$mnx_fb_height
		return
	fi
	for name in mode modes; do
		fb_attribute "$name"
		size=${fb_value#*:}
		size=${size%%[pid]*}
		case "$size" in
			*[!0-9x]* | x* | *x | *x*x* | '') ;;
			*x*)
				fb_width=${size%x*} fb_height=${size#*x}
				return
				;;
		esac
	done
}

# fb_judge: sets fb_how: exact; adapted, when the size or the stride is another one; none, when the
# pixels are. What differs is said with what belongs into the device file.
fb_judge() {
	fb_how=exact
	if [ "$fb_bpp" != "$mnx_fb_bpp" ]; then
		fb_how=none
		warn "the frames have $mnx_fb_bpp bits per pixel, the framebuffer $fb_bpp: nothing is drawn"
	elif [ "$fb_width,$fb_height,$fb_stride" != "$mnx_fb_width,$mnx_fb_height,$mnx_fb_stride" ]; then
		fb_how=adapted
		warn "the frames are for $mnx_fb_width x $mnx_fb_height and $mnx_fb_stride bytes a row, the framebuffer has $fb_width x $fb_height and $fb_stride: drawn in its middle, row by row"
	fi
	[ "$fb_how" = exact ] || warn "for the device file: [screen] width = $fb_width, height = $fb_height, stride = $fb_stride, format = $(fb_format)"
}

# fb_format: what the depth allows. Which byte is which colour is in no attribute: the test card shows it.
fb_format() {
	if [ "$fb_bpp" = "$mnx_fb_bpp" ]; then
		echo 'as it is'
		return
	fi
	case "$fb_bpp" in
		32) echo '"BGRA8888" or "RGBA8888"' ;;
		24) echo '"BGR888" or "RGB888"' ;;
		16) echo '"RGB565" or "BGR565"' ;;
		8) echo '"GRAY8"' ;;
		*) echo "none that mnx knows for $fb_bpp bits" ;;
	esac
}

# fb_rows ROW: lays the rows on standard input over the panel from a row on.
fb_rows() {
	if [ "$fb_how" = exact ]; then
		fb_write $((fb_top + $1)) "$fb_stride"
	else
		fb_adapt "$1"
	fi
}

# fb_write ROW STRIDE: standard input to that row and on. Larger blocks than a row where they fit.
fb_write() {
	local step=1
	[ $(($1 % fb_row_step)) -eq 0 ] && step=$fb_row_step
	dd of="$MNX_DEV/fb0" bs=$(($2 * step)) seek=$(($1 / step)) conv=notrunc 2>/dev/null
}

# fb_adapt ROW: the same for a panel of another size or stride: each row as a line of digits is cut
# or filled up, so that the picture's middle comes to the panel's. Slow, and right.
fb_adapt() {
	local bytes=$((fb_bpp / 8)) cut=0 pad=0 keep drop=0 last first row
	keep=$mnx_fb_width
	if [ "$fb_width" -lt "$mnx_fb_width" ]; then
		cut=$(((mnx_fb_width - fb_width) / 2)) keep=$fb_width
	else
		pad=$(((fb_width - mnx_fb_width) / 2))
	fi
	row=$(($1 + (fb_height - mnx_fb_height) / 2))
	[ "$row" -ge 0 ] || drop=$((-row)) row=0
	first=$((drop + 1)) last=$((drop + fb_height - row))
	[ "$last" -ge "$first" ] || { cat >/dev/null && return; }
	xxd -p -c "$mnx_fb_stride" |
		sed -n "$first,${last}p" |
		cut -c $((cut * bytes * 2 + 1))-$(((cut + keep) * bytes * 2)) |
		sed "s/^/$(zeros $((pad * bytes)))/;s/\$/$(zeros $((fb_stride - (pad + keep) * bytes)))/" |
		xxd -r -p |
		fb_write $((fb_top + row)) "$fb_stride"
}

# zeros BYTES: as digits.
zeros() {
	[ "$1" -le 0 ] || printf '%0*d' $(($1 * 2)) 0
}

# fb_show_now: drivers with several buffers show what was written after a pan.
fb_show_now() {
	[ "$mnx_fb_pan" != yes ] || put 0,0 "$MNX_SYSFS/class/graphics/fb0/pan"
}

# fb_refresh on|off: the kernel's text does not pan; where the driver shows nothing without, it is done four
# times a second for as long as text is on the screen. Beside another program that draws, some kernels crash.
fb_refresh() {
	[ ! -e "$MNX_RUN/fb-refresh.pid" ] || stop_recalled fb-refresh.pid
	[ "$1" = on ] || return 0
	beside fb-refresh fb_pan_on
}

fb_pan_on() {
	while :; do
		fb_quiet 0,0 pan
		sleep 0.25
	done
}

# fb_without_picture: what the screen wants for the kernel's text alone.
fb_without_picture() {
	fb_hold
	fb_wake
	[ "$mnx_fb_pan" != yes ] || text_console on
}

# fb_hold: keeps the framebuffer open. The drivers that want a pan clear it on the last close.
fb_hold() {
	[ "$mnx_fb_pan" = yes ] && [ ! -e "$MNX_RUN/fb-hold.pid" ] || return 0
	beside fb-hold fb_keep_open
}

fb_keep_open() {
	exec sleep 2147483647 3>"$MNX_DEV/fb0"
}

# fb_wake: what the device file says that its driver wants before it shows anything: the first of its modes
# set (U:1080x1920p-60), the panel blanked and unblanked, the order of the colours that the panel has.
fb_wake() {
	local value
	if [ "$mnx_fb_set_mode" = yes ]; then
		fb_attribute modes
		if [ -n "$fb_value" ]; then
			put "$fb_value" "$MNX_SYSFS/class/graphics/fb0/mode"
		else
			warn 'the framebuffer has no modes: none is set'
		fi
	fi
	[ -z "$mnx_fb_rgba" ] ||
		try 'telling the driver the order of the colours' fbset -fb "$MNX_DEV/fb0" -rgba "$mnx_fb_rgba"
	for value in $mnx_fb_blank; do
		put "$value" "$MNX_SYSFS/class/graphics/fb0/blank"
	done
	return 0
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
			*'frame buffer'*)
				put "$bind" "$console/bind"
				[ "$mnx_fb_pan" != yes ] || fb_refresh "$1"
				;;
		esac
	done
	remember text-console "$1"
}

# backlight_on: for panels that stay dark until someone says so. The path is below /sys.
backlight_on() {
	local file
	[ -n "$mnx_backlight_path" ] || return 0
	file=${mnx_backlight_path#/sys/}
	put "$mnx_backlight_value" "$MNX_SYSFS/${file#/}"
}
