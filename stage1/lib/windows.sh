# shellcheck shell=sh
# windows.sh: what Windows needs to take its own driver for the gadget's network function: Microsoft's
# OS descriptors, version 1.0. Other systems do not ask for them.

# windows_descriptors GADGET FUNCTION: a kernel without them, or without them for this function, goes
# on in silence. Called when the function is in the configuration.
windows_descriptors() {
	local os="$1/os_desc" interface
	# More than one interface per function: an association tells which belong together.
	put_known 0xEF "$1/bDeviceClass"
	put_known 0x02 "$1/bDeviceSubClass"
	put_known 0x01 "$1/bDeviceProtocol"
	case "$2" in
		ncm) interface=$instance/os_desc/interface.ncm ;;
		*rndis*) interface=$instance/os_desc/interface.rndis ;;
		*) return 0 ;;
	esac
	[ -d "$os" ] && [ -d "$interface" ] || return 0
	case "$2" in
		ncm) put WINNCM "$interface/compatible_id" ;;
		*) put RNDIS "$interface/compatible_id" && put 5162001 "$interface/sub_compatible_id" ;;
	esac || return 0
	put 1 "$os/use" && put 0xcd "$os/b_vendor_code" && put MSFT100 "$os/qw_sign" || return 0
	ln -s "$1/configs/c.1" "$os/c.1"
	return 0
}
