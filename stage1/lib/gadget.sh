# shellcheck shell=sh
# gadget.sh: what the phone is on the computer's USB port. Two kernels, two ways: android_usb in
# the 3.x phones, configfs everywhere else.

# gadget_up: tries them in that order, or the one that the device names.
gadget_up() {
	case "$mnx_usb_mode" in
		none) say 'the device has no USB gadget' ;;
		android_usb) android_usb_up ;;
		configfs) configfs_up ;;
		auto)
			if [ -d "$MNX_SYSFS/class/android_usb/android0" ]; then
				android_usb_up
			else
				configfs_up
			fi
			;;
		*) fail "mnx_usb_mode is $mnx_usb_mode; it can be auto, configfs, android_usb or none" ;;
	esac
}

# gadget_serial: sets `serial`: the device file's, the loader's, the device tree's.
gadget_serial() {
	serial=$mnx_usb_serial
	[ -n "$serial" ] && return
	cmdline_value androidboot.serialno && serial=$cmdline_found
	if [ -z "$serial" ] && [ -r "$MNX_PROC/device-tree/serial-number" ]; then
		serial=$(tr -d '\0' <"$MNX_PROC/device-tree/serial-number")
	fi
	: "${serial:=$mnx_device}"
}

# gadget_mac END: prints an address of our own (02:...) for one end of the cable, the same on each
# boot: the computer keeps the interface's name and its settings.
gadget_mac() {
	printf '%s %s' "$serial" "$1" | md5sum |
		sed 's/^\(..\)\(..\)\(..\)\(..\)\(..\).*/02:\1:\2:\3:\4:\5/'
}

# gadget_interface NAME...: remembers the first that is a network interface.
gadget_interface() {
	local name
	for name in "$@"; do
		if [ -n "$name" ] && [ -d "$MNX_SYSFS/class/net/$name" ]; then
			remember interface "$name"
			return 0
		fi
	done
	return 1
}
