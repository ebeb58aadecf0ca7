# shellcheck shell=sh
# root-loop.sh: a root that is a file, and a partition table inside a partition, which is how systems
# live beside an Android that owns the real table.

# root_image: the file system of the source holds the root as a file. It is mounted below /run, so that
# it goes over into the real system with it, and is writable only once the file was found there.
root_image() {
	local host="$MNX_RUN/host"
	if ! mount_any "$root_device" "$host"; then
		fail_with root-mount "$root_device, which should hold $root_loop, cannot be mounted: ${mount_answer:-unknown file system}"
		return
	fi
	root_layer mount "$host"
	if [ ! -f "$host$root_loop" ]; then
		fail_with root-not-found "$root_device has no file $root_loop"
		return
	fi
	if [ -z "$root_ro" ]; then
		try "making $root_device writable" mount -o remount,rw "$host" || root_ro=yes
	fi
	loop_attach "$host$root_loop"
}

# loop_attach FILE: sets `root_device` to a loop device over a file or a partition.
loop_attach() {
	local loop losetup
	loop_sector "$1"
	modprobe -q loop
	if ! loop=$(losetup -f 2>&1); then
		fail_with root-mount "no loop device for $1: ${loop:-CONFIG_BLK_DEV_LOOP is missing, or its module is not in the image}"
		return
	fi
	# shellcheck disable=SC2086 # options, one word each
	if ! try "laying a loop device over $1" $losetup ${root_ro:+-r} ${root_subpart:+-P} "$loop" "$1"; then
		fail_with root-mount "$1 cannot be read through $loop"
		return
	fi
	root_layer loop "$loop"
	root_device=$loop
	say "$1 is $loop"
}

# loop_sector FILE: sets `losetup` to what reads a table that counts in 4096 bytes, as those on UFS storage
# do: a GPT has its mark in the second sector, an MBR none, so that the storage tells. busybox cannot;
# its shell takes its own losetup before any other, unless that has a path.
loop_sector() {
	local mark=' 45 46 49 20 50 41 52 54'
	losetup=losetup
	[ -n "$root_subpart" ] || return 0
	bytes_at "$1" 512 8
	[ "$bytes" != "$mark" ] || return 0
	bytes_at "$1" 4096 8
	if [ "$bytes" = "$mark" ] || [ "$(blockdev --getss "$1" 2>/dev/null)" = 4096 ]; then
		losetup="$MNX_LOSETUP -b 4096"
	fi
}

# root_partition: the partition of `root_device` that is wanted, by number or by name; `root_part` keeps it
# for what lies in it behind a lock.
root_partition() {
	local outer="${root_device##*/}"
	if ! wait_until 3 "partition $root_subpart in $outer" part_of "$outer"; then
		fail_with root-not-found "no partition $root_subpart in $outer; there are: $(block_devices "${outer}p")"
		return
	fi
	root_part=$root_device
	say "partition $root_subpart in it is $root_device"
}

# part_of LOOP: sets `root_device` to the wanted partition of that device.
part_of() {
	local part name
	for part in "$MNX_SYSFS/class/block/$1"p*; do
		[ -r "$part/uevent" ] || continue
		name=${part##*/}
		if [ "$name" = "$1p$root_subpart" ] || part_is_called "$part/uevent"; then
			root_device=$MNX_DEV/$name
			block_device "$root_device"
			return
		fi
	done
	return 1
}

# part_is_called FILE: whether the kernel knows it by the wanted name.
part_is_called() {
	local line
	while read -r line; do
		[ "$line" != "PARTNAME=$root_subpart" ] || return 0
	done <"$1"
	return 1
}
