# shellcheck shell=sh
# root-check.sh: e2fsck, and resize2fs for an image that was written to a larger partition, where the
# root asks for them (fsck, resize).

# root_check: true when the root may be mounted.
root_check() {
	[ -n "$root_fsck$root_resize" ] || return 0
	bytes_at "$root_device" 1080 2
	if [ "$bytes" != ' 53 ef' ]; then
		warn "$root_device is not ext2, ext3 or ext4: it is neither checked nor grown"
		return 0
	fi
	if ! command -v e2fsck >/dev/null; then
		fail_with root-check 'the image has no e2fsck: build it with fsck or resize in --root'
		return
	fi
	root_is_ours || return
	if [ -n "$root_resize" ] && [ -n "$root_subpart" ]; then
		part_grow && luks_grow
	fi
	if [ -n "$root_resize" ] && ext_is_small "$root_device"; then
		ext_check -f && ext_grow
	elif [ -n "$root_fsck" ]; then
		ext_check
	fi
}

# root_is_ours: a file system without our init is left as it is. One that cannot be mounted may be
# what the check is for. The journal is not replayed: that would write.
root_is_ours() {
	mkdir -p "$MNX_ROOT"
	mount -t ext4 -o ro,noload "$root_device" "$MNX_ROOT" 2>/dev/null || return 0
	program_in "$MNX_ROOT" "$mnx_init" || fail_with no-init "$root_device has no program $mnx_init"
	set -- $?
	umount "$MNX_ROOT"
	return "$1"
}

# part_grow: an image that has a partition table of its own ends before the partition that it was
# written to: its last partition takes the rest. The phone's own table is never touched. False when
# nothing has grown.
part_grow() {
	local part="${root_part##*/}" loop
	loop=${part%p*}
	part_has_room "$loop" "$part" || return
	say "stretching $part to the end of $loop"
	if ! part_stretch "${part##*p}" "$MNX_DEV/$loop" >"$MNX_RUN/check" 2>&1; then
		warn "$part keeps its size"
		log_lines "$MNX_RUN/check"
		return 1
	fi
	log_lines "$MNX_RUN/check"
	wait_until 3 "$part" block_device "$root_part"
}

# part_stretch NUMBER DISK: a partition that is open as a LUKS volume keeps the kernel from reading the table
# again; it can be told of the one new size.
part_stretch() {
	if [ "$root_device" = "$root_part" ]; then
		echo ', +' | sfdisk --quiet -N "$1" "$2"
	else
		echo ', +' | sfdisk --quiet --no-reread --no-tell-kernel -N "$1" "$2" && partx --update --nr "$1" "$2"
	fi
}

# part_has_room LOOP PART: whether it is the last one and 16 MiB or more are behind it; sysfs counts in
# 512 bytes.
part_has_room() {
	local total start size other from
	read -r total <"$MNX_SYSFS/class/block/$1/size"
	read -r start <"$MNX_SYSFS/class/block/$2/start"
	read -r size <"$MNX_SYSFS/class/block/$2/size"
	for other in "$MNX_SYSFS/class/block/$1"p*; do
		read -r from <"$other/start"
		[ "$from" -le "$start" ] || return 1
	done
	[ $((total - start - size)) -ge 32768 ]
}

# ext_check [-f]: what e2fsck mends by itself is mended. A phone without a clock starts in 1970: times
# that lie ahead are no fault.
ext_check() {
	local status
	printf '[options]\nbroken_system_clock = true\n' >"$MNX_RUN/e2fsck.conf"
	clock_extend 3600
	splash_message root-check
	clock_waits "the check of $root_device"
	E2FSCK_CONFIG=$MNX_RUN/e2fsck.conf e2fsck -p "$@" "$root_device" >"$MNX_RUN/check" 2>&1
	status=$?
	clock_waits
	log_lines "$MNX_RUN/check"
	case "$status" in
		0 | 1) ;;
		2 | 3)
			say 'e2fsck wants a restart'
			power_down reboot
			;;
		*)
			fail_with root-check "$root_device is damaged beyond what e2fsck mends by itself (exit code $status): log in and run e2fsck $root_device"
			;;
	esac
}

# ext_is_small DEVICE: whether the file system ends 16 MiB or more before its device: a resize leaves
# less, for which no group of blocks can be made. The block count and the logarithm of a block's KiB
# are fields of the superblock at 1024 (kernel: fs/ext4/ext4.h, struct ext4_super_block).
ext_is_small() {
	local size
	size=$(blockdev --getsize64 "$1") || return
	# shellcheck disable=SC2046 # numbers, one word each
	set -- $(od -An -v -tu4 -j1024 -N28 "$1")
	[ $((size / 1024 - ($2 << $7))) -ge 16384 ]
}

ext_grow() {
	clock_extend 3600
	splash_message root-resize
	say "growing $root_device to the size of its device"
	clock_waits "the growth of $root_device"
	resize2fs "$root_device" >"$MNX_RUN/check" 2>&1 || warn "$root_device keeps its size"
	clock_waits
	log_lines "$MNX_RUN/check"
}
