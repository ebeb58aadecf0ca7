# shellcheck shell=sh
# configfs.sh: the gadget as a folder tree; binding it to a UDC (the USB device controller) plugs
# it in.

configfs_up() {
	local gadget="$MNX_CONFIGFS/usb_gadget/mnx" function tried=''
	mount_configfs || return
	if ! wait_until 5 'a USB device controller' udc_choose; then
		late_start gadget
		fail 'no USB device controller in /sys/class/udc: its driver, its phy or a supplier of theirs is missing'
		return
	fi
	gadget_serial
	for function in $mnx_usb_functions; do
		tried="$tried $function"
		configfs_try "$gadget" "$function" && return
	done
	fail "no network gadget; tried$tried"
}

# configfs_try GADGET FUNCTION: a gadget with that network function and the device's extras; without
# the extras where the controller has too few endpoints for all.
configfs_try() {
	configfs_whole "$1" "$2" "$mnx_usb_extras" && return
	[ -n "$extras_made" ] || return
	warn "$2 and$extras_made together do not fit $udc: $2 alone is tried"
	configfs_whole "$1" "$2" ''
}

# configfs_whole GADGET FUNCTION EXTRAS: all of it, or nothing.
configfs_whole() {
	extras_made=''
	if configfs_make "$1" "$2"; then
		configfs_extras "$1" "$3"
		configfs_bind "$1" && extras_start && return
	fi
	configfs_remove "$1"
	return 1
}

# udc_choose: sets `udc`: the device's, the one the loader names, the first; an emulated one
# (dummy_hcd) only when there is no other. Drivers that came late are asked for each time.
udc_choose() {
	local path name
	udc=''
	role_device
	for path in "$MNX_SYSFS"/class/udc/*; do
		[ -e "$path" ] || break
		name=${path##*/}
		if [ "$name" = "$mnx_usb_udc" ]; then
			udc=$name
			return 0
		fi
		case "$name" in
			dummy*) : "${udc:=$name}" ;;
			*)
				case "$udc" in
					'' | dummy*) udc=$name ;;
				esac
				;;
		esac
	done
	udc_of_loader
	if [ -z "$udc" ] || [ -n "$mnx_usb_udc" ]; then
		coldplug
		return 1
	fi
}

# udc_of_loader: Android's loaders name the controller on the command line.
udc_of_loader() {
	if cmdline_value androidboot.usbcontroller && [ -e "$MNX_SYSFS/class/udc/$cmdline_found" ]; then
		udc=$cmdline_found
	fi
}

# configfs_make GADGET FUNCTION: the tree of a gadget with that network function; sets `instance`.
# Qualcomm's functions have a whole name of their own (gsi.rndis, rndis_bam.rndis).
configfs_make() {
	local gadget="$1" config="$1/configs/c.1"
	case "$2" in
		*.*) instance=$gadget/functions/$2 ;;
		*) instance=$gadget/functions/$2.usb0 ;;
	esac
	mkdir "$gadget" || return
	put "$mnx_usb_vendor" "$gadget/idVendor"
	put "$mnx_usb_product" "$gadget/idProduct"
	mkdir -p "$gadget/strings/0x409" "$config/strings/0x409" "$gadget/functions"
	put "$serial" "$gadget/strings/0x409/serialnumber"
	put "$mnx_usb_manufacturer" "$gadget/strings/0x409/manufacturer"
	put "$mnx_usb_product_name" "$gadget/strings/0x409/product"
	put "$2" "$config/strings/0x409/configuration"
	ipa_start "$2"
	try "the kernel has no function $2" mkdir "$instance" || return
	gadget_mac device
	put_known "$mac" "$instance/dev_addr"
	gadget_mac host
	put_known "$mac" "$instance/host_addr"
	ln -s "$instance" "$config/" || return
	windows_descriptors "$gadget" "$2"
}

# ipa_start FUNCTION: Qualcomm's packet processor carries gsi's traffic and must run before it.
ipa_start() {
	case "$1" in
		gsi.*)
			if wait_until 3 "$MNX_DEV/ipa" [ -e "$MNX_DEV/ipa" ]; then
				put 1 "$MNX_DEV/ipa"
			fi
			;;
	esac
	return 0
}

# configfs_extras GADGET EXTRAS: functions beside the network; the gadget goes on without one that the
# kernel lacks.
configfs_extras() {
	local extra function
	for extra in $2; do
		function=$1/functions/$extra.usb0
		[ "$extra" != adb ] || function=$1/functions/ffs.adb
		try "the kernel has no function $extra" mkdir "$function" || continue
		if [ "$extra" = adb ] && ! adb_ready; then
			rmdir "$function"
			continue
		fi
		ln -s "$function" "$1/configs/c.1/" && extras_made="$extras_made $extra"
	done
}

# configfs_bind GADGET: plugs it in; the interface has its name from then on.
configfs_bind() {
	local name=''
	put "$udc" "$1/UDC" || return
	{ read -r name <"$instance/ifname"; } 2>/dev/null
	if ! wait_until 3 "the network interface of ${instance##*/}" gadget_interface "$name" rndis0 usb0; then
		fail "${instance##*/} is bound to $udc, but its interface ${name:-usb0} is not there"
		return
	fi
	recall interface
	name=${instance##*/}
	say "${name%.usb0}${extras_made:+ with$extras_made} on $udc is $recalled"
}

# configfs_unplug GADGET: sets `udc`. The computer takes half a second without a device for an unplugged one.
configfs_unplug() {
	extras_stop
	read -r udc <"$1/UDC"
	[ -z "$udc" ] || echo >"$1/UDC"
	sleep 0.5
}

# configfs_plug GADGET: once more on `udc`.
configfs_plug() {
	adb_again "$1"
	put "$udc" "$1/UDC" || return
	network_again
	extras_again
}

# configfs_remove GADGET: the reverse order; configfs has no rm -r. Functions that others have added
# (mass_storage.0) go as well.
configfs_remove() {
	[ -d "$1" ] || return 0
	{
		[ -s "$1/UDC" ] && echo >"$1/UDC"
		adb_forget
		rm "$1/os_desc/c.1" "$1"/configs/c.1/*.*
		rmdir "$1"/functions/*.* "$1/configs/c.1/strings/0x409" "$1/configs/c.1"
		rmdir "$1/strings/0x409" "$1"
	} 2>/dev/null
	return 0
}
