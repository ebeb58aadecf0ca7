# shellcheck shell=sh
# root.sh: finds the root of the real system and mounts it. Without mnx_root none of this runs,
# and no block device is opened.

# root_up: finds, waits, mounts read-only and looks for the init there. Only then may anything be
# written: a wrong partition stays as it is.
root_up() {
	local there
	if ! wait_until "$mnx_root_wait" "the root $mnx_root" root_find; then
		there=$(block_devices)
		fail "no root $mnx_root after $mnx_root_wait s; there are:" "${there:-no disks}"
		return
	fi
	say "$mnx_root is $root_device"
	root_mount "$root_device" || return
	if ! program_in "$MNX_ROOT" "$mnx_init"; then
		fail "$root_device has no program $mnx_init"
		umount "$MNX_ROOT"
		return 1
	fi
	if ! cmdline_has ro; then
		try "making $root_device writable" mount -o remount,rw "$MNX_ROOT" || return
	fi
	remember root "$root_device"
}

# root_find: sets `root_device`. Drivers that came late are asked for each time.
root_find() {
	root_device=''
	case "$mnx_root" in
		LABEL=* | UUID=*) root_device=$(findfs "$mnx_root" 2>/dev/null) ;;
		PARTLABEL=*) partition_by PARTNAME "${mnx_root#*=}" ;;
		PARTUUID=*) partition_by PARTUUID "$(printf '%s' "${mnx_root#*=}" | tr 'A-F' 'a-f')" ;;
		/dev/*) root_device=$MNX_DEV/${mnx_root#/dev/} ;;
		*) warn "mnx_root is $mnx_root; it can be LABEL=, UUID=, PARTLABEL=, PARTUUID= or a path in /dev" ;;
	esac
	if [ -n "$root_device" ] && block_device "$root_device"; then
		return 0
	fi
	coldplug
	return 1
}

block_device() {
	[ -b "$1" ]
}

# partition_by KEY VALUE: sets `root_device` from what the kernel says of each partition. A name
# that two partitions have is reported: the first is taken.
partition_by() {
	local uevent line name
	for uevent in "$MNX_SYSFS"/class/block/*/uevent; do
		[ -r "$uevent" ] || continue
		while read -r line; do
			[ "$line" = "$1=$2" ] || continue
			name=${uevent%/uevent}
			name=${name##*/}
			if [ -n "$root_device" ]; then
				warn "$name has $1=$2 as well; $root_device is taken"
			else
				root_device=$MNX_DEV/$name
			fi
		done <"$uevent"
	done
}

# block_devices: prints the names of all, with their partition labels, for the message that none fits.
block_devices() {
	local path line label
	for path in "$MNX_SYSFS"/class/block/*; do
		[ -r "$path/uevent" ] || continue
		label=''
		while read -r line; do
			case "$line" in
				PARTNAME=*) label="(${line#*=})" ;;
			esac
		done <"$path/uevent"
		printf '%s%s ' "${path##*/}" "$label"
	done
}

# root_mount DEVICE: the type is asked of the kernel first; a type whose module is not loaded is
# tried by name, which makes the kernel load it.
root_mount() {
	local type answer=''
	mkdir -p "$MNX_ROOT"
	for type in auto ext4 f2fs btrfs xfs squashfs erofs; do
		answer=$(mount -t "$type" -o ro "$1" "$MNX_ROOT" 2>&1) && return
	done
	fail "$1 cannot be mounted: ${answer:-unknown file system}"
}

# program_in ROOT PATH: whether the path is a program there. Absolute links in it count from ROOT,
# not from here.
program_in() {
	local path="$2" target
	for _ in 1 2 3 4 5 6 7 8; do
		target=$(readlink "$1$path") || break
		case "$target" in
			/*) path=$target ;;
			*) path=${path%/*}/$target ;;
		esac
	done
	[ -f "$1$path" ] && [ -x "$1$path" ]
}
