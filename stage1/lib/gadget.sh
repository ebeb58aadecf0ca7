# shellcheck shell=sh
# gadget.sh: what the phone is on the computer's USB port. Three kernels, three ways: android_usb in
# the 3.x phones, configfs everywhere else, g_ether where a kernel has one fixed gadget.

# gadget_up: tries them in that order, or the one that the device names.
gadget_up() {
	case "$mnx_usb_mode" in
		none) say 'the device has no USB gadget' ;;
		android_usb) android_usb_up ;;
		configfs) configfs_up ;;
		g_ether) ether_up ;;
		auto) gadget_auto ;;
		*) fail "mnx_usb_mode is $mnx_usb_mode; it can be auto, configfs, android_usb, g_ether or none" ;;
	esac
}

# gadget_auto: the fixed gadget only where configfs is really missing: modprobe g_ether takes the
# controller.
gadget_auto() {
	if [ -d "$MNX_SYSFS/class/android_usb/android0" ]; then
		android_usb_up
	elif gadget_has_configfs || ! ether_load; then
		configfs_up
	else
		ether_up
	fi
}

gadget_has_configfs() {
	[ -d "$MNX_CONFIGFS/usb_gadget" ] && return
	modprobe -q configfs
	modprobe -q libcomposite
	[ -d "$MNX_CONFIGFS" ] && mount_kernel configfs "$MNX_CONFIGFS" nosuid,nodev,noexec &&
		[ -d "$MNX_CONFIGFS/usb_gadget" ]
}

# ether_load: CDC Ethernet or RNDIS as one module, or built in.
ether_load() {
	[ -d "$MNX_SYSFS/class/net/usb0" ] && return
	gadget_serial
	gadget_mac device
	set -- "dev_addr=$mac"
	gadget_mac host
	modprobe -q g_ether "idVendor=$mnx_usb_vendor" "idProduct=$mnx_usb_product" "$1" "host_addr=$mac" \
		"iManufacturer=$mnx_usb_manufacturer" "iProduct=$mnx_usb_product_name" "iSerialNumber=$serial"
}

ether_up() {
	if ! ether_load; then
		fail 'the kernel has no g_ether: CONFIG_USB_ETH is missing, or its module is not in the image'
		return
	fi
	if ! wait_until 3 'the network interface of g_ether' gadget_interface usb0; then
		fail 'g_ether is loaded, but no network interface came'
		return
	fi
	say 'g_ether is usb0'
}

# gadget_again: unplugs the gadget and plugs it in once more, with the functions that it has; addresses and
# log-ins outlast it.
gadget_again() {
	local gadget="$MNX_CONFIGFS/usb_gadget/mnx" android="$MNX_SYSFS/class/android_usb/android0" functions
	if [ -e "$gadget/UDC" ]; then
		configfs_unplug "$gadget"
		configfs_plug "$gadget"
	elif [ -e "$android/enable" ]; then
		read -r functions <"$android/functions"
		android_usb_off "$android"
		android_usb_on "$android" "$functions"
	fi
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

# gadget_mac END: sets `mac` to an address of our own (02:...) for one end of the cable, the same on each
# boot: the computer keeps the interface's name and its settings.
gadget_mac() {
	local sum rest
	sum=$(printf '%s %s' "$serial" "$1" | md5sum)
	mac=02
	while [ "${#mac}" -lt 17 ]; do
		rest=${sum#??}
		mac=$mac:${sum%"$rest"}
		sum=$rest
	done
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
