# shellcheck shell=sh
# usb-role.sh: the port as a device's end of the cable. A port that can be both ends shows no UDC, or a
# dead one, while it plays the computer.

# What was refused, so that it is said once.
roles_refused=' '

# role_device: tells every port to be a device, by the kernel's usb_role and by the file that
# Qualcomm's own kernels have beside the controller.
role_device() {
	local path
	for path in "$MNX_SYSFS"/class/usb_role/*/role; do
		role_write "$path" device
	done
	for path in "$MNX_SYSFS"/class/udc/*/device/../mode; do
		role_write "$path" peripheral
	done
	return 0
}

# role_write FILE ROLE
role_write() {
	local now=''
	[ -w "$1" ] || return 0
	case "$roles_refused" in
		*" $1 "*) return 0 ;;
	esac
	{ read -r now <"$1"; } 2>/dev/null
	[ "$now" != "$2" ] || return 0
	if put "$2" "$1"; then
		say "${1#"$MNX_SYSFS"/class/} was ${now:-unknown} and is $2 now"
	fi
	roles_refused="$roles_refused$1 "
}
