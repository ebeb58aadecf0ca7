# shellcheck shell=sh
# root-find.sh: where the root is: by label, id, partition or path, on disks that may come late.

# root_reach: waits until the source is there; sets `root_device`.
root_reach() {
	local there
	nbd_answer=''
	case "$root_source" in
		PARTLABEL=*) slot_read ;;
		nbd=*) nbd_read "${root_source#nbd=}" ;;
	esac
	wait_until "$mnx_root_wait" "the root $root_source" root_find
	set -- $?
	rpmb_uncover
	if [ "$1" -ne 0 ]; then
		there=$(block_devices '')
		fail_with root-not-found "no root $root_source after $mnx_root_wait s; ${nbd_answer:-there are: ${there:-no disks}}"
		return
	fi
	say "$root_source is $root_device"
}

# rpmb_cover: findfs reads the start of every block device that has a node. The replay-protected block of an
# eMMC, a block device up to Linux 4.14, answers nobody who reads, after seconds, each time.
rpmb_cover() {
	local node
	for node in "$MNX_DEV"/mmcblk*rpmb; do
		[ -e "$node" ] && block_device "$node" && mount --bind "$MNX_DEV/null" "$node"
	done
}

rpmb_uncover() {
	local node
	for node in "$MNX_DEV"/mmcblk*rpmb; do
		! is_mounted "$node" || umount "$node"
	done
	return 0
}

# root_find: one look. Drivers that came late are asked for each time.
root_find() {
	root_device=''
	case "$root_source" in
		LABEL=* | UUID=*)
			rpmb_cover
			root_device=$(findfs "$root_source" 2>/dev/null)
			;;
		PARTLABEL=*) partition_by PARTNAME "${root_source#*=}" || partition_in_slot ;;
		PARTUUID=*) partition_by_id "$(printf '%s' "${root_source#*=}" | tr 'A-F' 'a-f')" ;;
		/dev/*) root_device=$MNX_DEV/${root_source#/dev/} ;;
		nbd=*) nbd_find ;;
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
	[ -n "$root_device" ]
}

# partition_in_slot: PARTLABEL=system finds system_b on a phone whose loader booted slot b.
partition_in_slot() {
	[ -n "$slot_suffix" ] && partition_by PARTNAME "${root_source#*=}$slot_suffix"
}

# slot_read: sets `slot_suffix`, _a or _b, where an Android loader says which of two systems it booted.
slot_read() {
	slot_suffix=''
	if cmdline_value androidboot.slot_suffix; then
		slot_suffix=$cmdline_found
	elif cmdline_value androidboot.slot; then
		slot_suffix=_$cmdline_found
	fi
}

# block_devices [START]: prints the names of all that start so, with their partition labels, for the
# message that none fits.
block_devices() {
	local path line label
	for path in "$MNX_SYSFS/class/block/$1"*; do
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
