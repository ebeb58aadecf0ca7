# shellcheck shell=sh
# root.sh: finds the root of the real system and mounts it. Without mnx_root none of this runs,
# and no block device is opened.

# root_up: finds, opens what it lies in, mounts read-only and looks for the init there. Only then may
# anything be written: a wrong partition stays as it is.
root_up() {
	root_spec "$mnx_root" || return
	root_reach || return
	root_open || return
	root_check || return
	root_mount || return
	if ! init_fits; then
		fail_with no-init "$root_device $misfit"
		umount "$MNX_ROOT"
		return 1
	fi
	if [ -z "$root_ro" ] && ! cmdline_has ro; then
		# A disk that is write-protected is no reason to stay here; a kernel that mounts its root itself goes on as well.
		try "making $root_device writable" mount -o remount,rw "$MNX_ROOT" ||
			warn 'the real system gets a root that it can only read'
	fi
	remember root "$root_device"
}

# root_open: from the source inwards: an image file in its file system, a partition in a partition. Each
# of them may be locked.
root_open() {
	root_unlock || return
	if [ -n "$root_loop" ]; then
		root_image || return
	elif [ -n "$root_subpart" ]; then
		loop_attach "$root_device" || return
	fi
	if [ -n "$root_subpart" ]; then
		root_partition || return
	fi
	[ -z "$root_loop$root_subpart" ] || root_unlock
}

# root_mount: with the options that the command line has for a kernel's own mount (rootflags=subvol=@).
root_mount() {
	cmdline_value rootflags
	mount_any "$root_device" "$MNX_ROOT" "$cmdline_found" && return
	fail_with root-mount "$root_device cannot be mounted: ${mount_answer:-unknown file system}"
}

# mount_any DEVICE FOLDER [OPTIONS]: read-only; the type is asked of the kernel first; a type whose module is not
# loaded is tried by name, which makes the kernel load it. Sets `mount_answer` when it fails.
mount_any() {
	local type
	mkdir -p "$2"
	for type in auto ext4 f2fs btrfs xfs squashfs erofs; do
		mount_answer=$(mount -t "$type" -o "ro${3:+,$3}" "$1" "$2" 2>&1) && return
	done
	return 1
}

# bytes_at FILE START COUNT: sets `bytes`, in hex, each behind a blank.
bytes_at() {
	bytes=$(od -An -v -tx1 -j"$2" -N"$3" "$1" 2>/dev/null)
}

# root_layer KIND WHAT: notes what was laid between the disk and the root, for root_forget.
root_layer() {
	printf '%s\n' "$*" >>"$MNX_RUN/root-layers"
}

# root_forget: takes all of it away again, the last first, so that the step can run once more.
root_forget() {
	local kind what
	if is_mounted "$MNX_ROOT"; then
		umount "$MNX_ROOT"
	fi
	rm -f "$MNX_RUN/root"
	[ -e "$MNX_RUN/root-layers" ] || return 0
	while read -r kind what; do
		case "$kind" in
			loop) losetup -d "$what" ;;
			luks) cryptsetup close "$what" ;;
			mount) umount "$what" ;;
		esac
	done <<-END
		$(tac "$MNX_RUN/root-layers")
	END
	rm -f "$MNX_RUN/root-layers"
}
