# shellcheck shell=sh
# android-usb.sh: the gadget of Android's 3.x kernels, one folder in sysfs. The order matters:
# off, ids (without 0x), functions, on.

android_usb_up() {
	local android="$MNX_SYSFS/class/android_usb/android0" function tried=''
	if [ ! -d "$android" ]; then
		fail "the kernel has no $android: CONFIG_USB_G_ANDROID is missing"
		return
	fi
	gadget_serial
	for function in $mnx_usb_functions; do
		tried="$tried $function"
		android_usb_try "$android" "$function" && return
	done
	fail "android_usb has no network function; tried$tried"
}

# android_usb_try FOLDER FUNCTION: that network function and the device's extras.
android_usb_try() {
	local android="$1" function="$2" wanted="$2" extras='' taken='' extra
	put 0 "$android/enable" || return
	put "${mnx_usb_vendor#0x}" "$android/idVendor"
	put "${mnx_usb_product#0x}" "$android/idProduct"
	put 0 "$android/bDeviceClass"
	put_known 0 "$android/bDeviceSubClass"
	put_known 0 "$android/bDeviceProtocol"
	put "$mnx_usb_manufacturer" "$android/iManufacturer"
	put "$mnx_usb_product_name" "$android/iProduct"
	put "$serial" "$android/iSerial"
	android_usb_settings "$android"
	for extra in $mnx_usb_extras; do
		if [ "$extra" = adb ]; then
			android_usb_adb "$android" || continue
			extra=ffs
		fi
		extras="$extras $extra"
		wanted=$wanted,$extra
	done
	put "$wanted" "$android/functions"
	# An unknown function is taken without an error and is then not there.
	read -r taken <"$android/functions"
	if ! android_usb_has "$function"; then
		say "android_usb has no function $function"
		return 1
	fi
	extras_made=''
	for extra in $extras; do
		if android_usb_has "$extra"; then
			extras_made="$extras_made $extra"
		else
			warn "android_usb has no function $extra"
		fi
	done
	put 1 "$android/enable" || return
	if ! wait_until 3 "the network interface of $function" gadget_interface "${function}0" usb0 eth0; then
		fail "android_usb took $function, but no network interface came"
		return
	fi
	extras_start
}

# android_usb_adb FOLDER: adb's function is FunctionFS, which is told whose it is.
android_usb_adb() {
	if [ ! -d "$1/f_ffs" ]; then
		warn 'android_usb has no function ffs, which adb needs'
		return 1
	fi
	put_known adb "$1/f_ffs/aliases"
	adb_ready
}

# android_usb_off FOLDER: unplugged, for as long as the computer needs to see it.
android_usb_off() {
	extras_stop
	put 0 "$1/enable"
	sleep 0.5
}

# android_usb_on FOLDER FUNCTIONS: plugged in once more.
android_usb_on() {
	local functions="$2"
	case ",$functions," in
		*,ffs,*) adb_ready || functions=${functions%,ffs*}${functions#*,ffs} ;;
	esac
	put "$functions" "$1/functions"
	put 1 "$1/enable" || return
	network_again
	extras_again
}

# android_usb_has FUNCTION: whether it stands in `taken`.
android_usb_has() {
	case ",$taken," in
		*",$1,"*) return 0 ;;
	esac
	return 1
}

# android_usb_settings FOLDER: what functions have to be told before they are taken. RNDIS as a wireless
# controller is what Windows has a driver for; serial ports are counted by Google's kernels and named by
# Qualcomm's.
android_usb_settings() {
	put_known 1 "$1/f_rndis/wceis"
	gadget_mac host
	put_known "$mac" "$1/f_rndis/ethaddr"
	put_known "$mnx_usb_manufacturer" "$1/f_rndis/manufacturer"
	put_known "${mnx_usb_vendor#0x}" "$1/f_rndis/vendorID"
	put_known 1 "$1/f_acm/instances"
	put_known tty "$1/f_acm/acm_transports"
}
