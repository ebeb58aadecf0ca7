# shellcheck shell=sh
# configfs.sh: the gadget as a folder tree; binding it to a UDC (the USB device controller) plugs
# it in.

configfs_up() {
	local gadget="$MNX_CONFIGFS/usb_gadget/mnx" function tried=''
	mount_configfs || return
	if ! wait_until 5 'a USB device controller' udc_choose; then
		fail 'no USB device controller in /sys/class/udc: its driver, its phy or a supplier of theirs is missing'
		return
	fi
	gadget_serial
	for function in $mnx_usb_functions; do
		tried="$tried $function"
		configfs_make "$gadget" "$function" && configfs_bind "$gadget" "$function" && return
		configfs_remove "$gadget"
	done
	fail "no network gadget; tried$tried"
}

# udc_choose: sets `udc`: the device's, the one the loader names, the first; an emulated one
# (dummy_hcd) only when there is no other. Drivers that came late are asked for each time.
udc_choose() {
	local path name
	udc=''
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

# configfs_make GADGET FUNCTION: the tree of a gadget with that one function.
configfs_make() {
	local gadget="$1" instance="$1/functions/$2.usb0"
	mkdir "$gadget" || return
	put "$mnx_usb_vendor" "$gadget/idVendor"
	put "$mnx_usb_product" "$gadget/idProduct"
	mkdir -p "$gadget/strings/0x409" "$gadget/configs/c.1/strings/0x409" "$gadget/functions"
	put "$serial" "$gadget/strings/0x409/serialnumber"
	put "$mnx_usb_manufacturer" "$gadget/strings/0x409/manufacturer"
	put "$mnx_usb_product_name" "$gadget/strings/0x409/product"
	put "$2" "$gadget/configs/c.1/strings/0x409/configuration"
	try "the kernel has no function $2" mkdir "$instance" || return
	put "$(gadget_mac device)" "$instance/dev_addr"
	put "$(gadget_mac host)" "$instance/host_addr"
	ln -s "$instance" "$gadget/configs/c.1/"
}

# configfs_bind GADGET FUNCTION: plugs it in; the interface has its name from then on.
configfs_bind() {
	local name=''
	put "$udc" "$1/UDC" || return
	{ read -r name <"$1/functions/$2.usb0/ifname"; } 2>/dev/null
	if ! gadget_interface "$name" usb0; then
		fail "$2 is bound to $udc, but its interface ${name:-usb0} is not there"
		return
	fi
	recall interface
	say "$2 on $udc is $recalled"
}

# configfs_remove GADGET: the reverse order; configfs has no rm -r.
configfs_remove() {
	[ -d "$1" ] || return 0
	{
		[ -s "$1/UDC" ] && echo >"$1/UDC"
		rm "$1"/configs/c.1/*.usb0
		rmdir "$1"/functions/*.usb0 "$1/configs/c.1/strings/0x409" "$1/configs/c.1"
		rmdir "$1/strings/0x409" "$1"
	} 2>/dev/null
	return 0
}
