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

# android_usb_try FOLDER FUNCTION
android_usb_try() {
	local android="$1" function="$2" taken=''
	put 0 "$android/enable" || return
	put "${mnx_usb_vendor#0x}" "$android/idVendor"
	put "${mnx_usb_product#0x}" "$android/idProduct"
	put 0 "$android/bDeviceClass"
	put "$mnx_usb_manufacturer" "$android/iManufacturer"
	put "$mnx_usb_product_name" "$android/iProduct"
	put "$serial" "$android/iSerial"
	put "$function" "$android/functions"
	# An unknown function is taken without an error and is then not there.
	read -r taken <"$android/functions"
	if [ "$taken" != "$function" ]; then
		say "android_usb has no function $function"
		return 1
	fi
	put 1 "$android/enable" || return
	wait_until 3 "the network interface of $function" gadget_interface "${function}0" usb0 eth0 ||
		fail "android_usb took $function, but no network interface came"
}
