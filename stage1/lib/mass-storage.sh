# shellcheck shell=sh
# mass-storage.sh: an image file or a block device as a disk at the computer's USB port, beside the
# network. The gadget is unplugged for that moment; addresses and log-ins outlast it.

# storage_export FILE ro|rw: in place of what was shown before.
storage_export() {
	local gadget="$MNX_CONFIGFS/usb_gadget/mnx" android="$MNX_SYSFS/class/android_usb/android0"
	storage_withdraw
	if [ -e "$gadget/UDC" ]; then
		storage_configfs "$gadget" "$1" "$2" || return
	elif [ -e "$android/enable" ]; then
		storage_android "$android" "$1" "$2" || return
	else
		fail 'there is no gadget that could show a disk'
		return
	fi
	remember storage "$1 $2"
}

# storage_withdraw: what was shown goes; the network stays.
storage_withdraw() {
	local gadget="$MNX_CONFIGFS/usb_gadget/mnx" android="$MNX_SYSFS/class/android_usb/android0"
	recall storage || return 0
	rm -f "$MNX_RUN/storage"
	if [ -e "$gadget/UDC" ]; then
		configfs_unplug "$gadget"
		storage_remove "$gadget"
		configfs_plug "$gadget"
	elif [ -e "$android/enable" ]; then
		recall android-functions
		storage_android_set "$android" "$recalled" ''
	fi
}

# storage_configfs GADGET FILE MODE
storage_configfs() {
	local disk="$1/functions/mass_storage.0"
	modprobe -q usb_f_mass_storage
	configfs_unplug "$1"
	if storage_disk "$disk" "$2" "$3" && ln -s "$disk" "$1/configs/c.1/" && configfs_plug "$1"; then
		return 0
	fi
	fail 'the gadget is as it was before, without a disk'
	storage_remove "$1"
	configfs_plug "$1"
	return 1
}

# storage_disk FOLDER FILE MODE: the medium last, because what may be done with it must be known before.
storage_disk() {
	try 'the kernel has no function mass_storage (CONFIG_USB_CONFIGFS_MASS_STORAGE)' mkdir "$1" || return
	put 1 "$1/lun.0/removable"
	storage_mode "$3" "$1/lun.0/ro"
	put_known "mnx     $mnx_device" "$1/lun.0/inquiry_string"
	put "$2" "$1/lun.0/file"
}

storage_mode() {
	case "$1" in
		rw) put 0 "$2" ;;
		*) put 1 "$2" ;;
	esac
}

storage_remove() {
	rm -f "$1/configs/c.1/mass_storage.0"
	[ ! -d "$1/functions/mass_storage.0" ] || rmdir "$1/functions/mass_storage.0"
}

# storage_android FOLDER FILE MODE: a kernel takes a function that it does not know, and leaves it out.
storage_android() {
	local lun functions taken
	for lun in "$1/f_mass_storage/lun" "$1/f_mass_storage/lun0"; do
		[ ! -d "$lun" ] || break
	done
	if [ ! -d "$lun" ]; then
		fail 'android_usb has no function mass_storage'
		return
	fi
	read -r functions <"$1/functions"
	remember android-functions "$functions"
	storage_mode "$3" "$lun/ro"
	storage_android_set "$1" "$functions,mass_storage" "$2" || return
	read -r taken <"$1/functions"
	case "$taken" in
		*mass_storage*) return 0 ;;
	esac
	fail 'android_usb takes no mass_storage beside the network'
	storage_android_set "$1" "$functions" ''
	return 1
}

# storage_android_set FOLDER FUNCTIONS FILE
storage_android_set() {
	local lun
	android_usb_off "$1"
	for lun in "$1/f_mass_storage/lun" "$1/f_mass_storage/lun0"; do
		put_known "$3" "$lun/file"
	done
	android_usb_on "$1" "$2"
}
