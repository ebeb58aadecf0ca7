# shellcheck shell=sh
# conf.sh: what stage-1 knows of its device: /etc/mnx.conf, and `mnx.name=value` on the kernel
# command line, which wins.

# conf_load: reads the file. A file that is no shell (an overlay gone wrong) is left out: reading
# it would end init, and the kernel with it.
conf_load() {
	if [ ! -r "$MNX_CONF" ]; then
		warn "no $MNX_CONF in the image: only defaults are known"
	elif "${MNX_SH:-/bin/sh}" -n "$MNX_CONF" 2>/dev/null; then
		. "$MNX_CONF"
	else
		fail "$MNX_CONF is not valid shell and is left out"
	fi
	conf_defaults
}

conf_defaults() {
	: "${mnx_format:=1}"
	: "${mnx_device:=unknown}"
	: "${mnx_device_name:=$mnx_device}"
	: "${mnx_arch:=$(uname -m)}"
	: "${mnx_modules:=}"
	: "${mnx_firmware_path:=}"
	: "${mnx_usb_mode:=auto}"
	: "${mnx_usb_vendor:=0x18D1}"
	: "${mnx_usb_product:=0xD001}"
	: "${mnx_usb_manufacturer:=mnx}"
	: "${mnx_usb_product_name:=$mnx_device_name}"
	: "${mnx_usb_serial:=}"
	: "${mnx_usb_functions:=ncm rndis}"
	: "${mnx_usb_extras:=}"
	: "${mnx_usb_udc:=}"
	: "${mnx_address:=172.16.42.1}"
	: "${mnx_host_address:=172.16.42.2}"
	: "${mnx_wired_interface:=}"
	: "${mnx_wired_address:=}"
	: "${mnx_wired_prefix:=24}"
	: "${mnx_ssh:=off}"
	: "${mnx_passwordless:=no}"
	: "${mnx_release:=no}"
	: "${mnx_debug:=no}"
	: "${mnx_probe:=}"
	: "${mnx_root:=}"
	: "${mnx_root_wait:=30}"
	: "${mnx_unlock_wait:=3600}"
	: "${mnx_stage2:=switch-root}"
	: "${mnx_init:=/sbin/init}"
	: "${mnx_on_failure:=shell}"
	: "${mnx_failure_delay:=60}"
	: "${mnx_shell_key:=}"
	: "${mnx_fb_width:=}"
	: "${mnx_fb_height:=}"
	: "${mnx_fb_stride:=}"
	: "${mnx_fb_bpp:=}"
	: "${mnx_fb_pan:=no}"
	: "${mnx_fb_set_mode:=no}"
	: "${mnx_fb_rgba:=}"
	: "${mnx_fb_blank:=}"
	: "${mnx_backlight_path:=}"
	: "${mnx_backlight_value:=}"
	: "${mnx_signal_leds:=}"
	: "${mnx_signal_vibrator:=}"
	: "${mnx_signal_backlight:=no}"
	: "${mnx_watchdog:=}"
	: "${mnx_watchdog_every:=10}"
	: "${mnx_watchdog_handover:=keep}"
	: "${mnx_splash:=boot}"
	: "${mnx_console:=auto}"
	conf_numbers
}

# conf_numbers: what is reckoned with must be a number: the shell ends on "30s".
conf_numbers() {
	conf_number root_wait 30
	conf_number unlock_wait 3600
	conf_number failure_delay 60
	conf_number watchdog_every 10
	conf_pixels fb_width
	conf_pixels fb_height
	conf_pixels fb_stride
	conf_pixels fb_bpp
}

# conf_pixels NAME: empty where it is no number: nothing is drawn then.
conf_pixels() {
	local value
	eval "value=\$mnx_$1"
	case "$value" in
		*[!0-9]* | 0?*)
			warn "mnx_$1 is $value, not a number: nothing is drawn"
			eval "mnx_$1=''"
			;;
	esac
}

# conf_number NAME SECONDS: the seconds that are taken where the setting is no number.
conf_number() {
	local value
	eval "value=\$mnx_$1"
	case "$value" in
		*[!0-9]* | 0?* | '')
			warn "mnx_$1 is $value, not a number of seconds; $2 is taken"
			eval "mnx_$1=\$2"
			;;
	esac
}

# conf_override NAME VALUE: sets mnx_NAME from the command line. A release image keeps what makes
# it one.
conf_override() {
	local name="$1" value="$2"
	case "$name" in
		'' | *[!a-z0-9_]*)
			warn "no setting can be called mnx.$name"
			return 1
			;;
		release | passwordless | debug)
			if [ "$mnx_release" = yes ]; then
				warn "a release image does not take mnx.$name from the command line"
				return 1
			fi
			;;
		modules | usb_functions | usb_extras | signal_leds | fb_blank) value=$(printf '%s' "$value" | tr ',' '\n') ;;
	esac
	eval "[ -n \"\${mnx_$name+set}\" ]" || warn "mnx.$name is not a setting that stage-1 knows"
	eval "mnx_$name=\$value"
}
