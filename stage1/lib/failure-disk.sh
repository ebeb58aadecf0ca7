# shellcheck shell=sh
# failure-disk.sh: what a phone knows that came no further, as a disk that shows up on the computer it
# hangs on, whatever that runs.

# failure_disk: makes the disk and shows it, read-only. Nobody but the owner of the phone is asked: it
# holds logs and no keys.
failure_disk() {
	local disk="$MNX_RUN/failure.img"
	storage_withdraw
	if ! failure_disk_fill "$disk" 2>"$MNX_RUN/failure-disk"; then
		fail "there is no room for the failure disk: $(cat "$MNX_RUN/failure-disk")"
		return
	fi
	storage_export "$disk" ro || return
	say 'the log and what belongs to it are on the disk MNX FAILED, at the computer'
}

# failure_disk_fill FILE: what is there, file by file; each kernel has its own.
failure_disk_fill() {
	local path
	fat_new "$1" 'MNX FAILED' || return
	fat_add README.TXT failure_readme
	fat_add STAGE1.LOG cat "$MNX_RUN/stage1.log"
	fat_add DMESG.TXT dmesg
	fat_add CMDLINE.TXT cat "$MNX_PROC/cmdline"
	[ ! -e "$MNX_PROC/bootconfig" ] || fat_add BOOTCONF.TXT cat "$MNX_PROC/bootconfig"
	fat_add PARTS.TXT failure_partitions
	fat_add STATE.TXT failure_state
	fat_add MNX.CNF cat "$MNX_CONF"
	failure_tree
	if [ -e "$MNX_PROC/config.gz" ]; then
		fat_add KERNEL.CFG zcat "$MNX_PROC/config.gz"
	fi
	for path in "$MNX_RUN"/last/*; do
		[ ! -f "$path" ] || fat_add "LAST$fat_entry.TXT" cat "$path"
	done
}

# failure_tree: the device tree as the kernel has it, for `mnx inspect` or `dtc`.
failure_tree() {
	if [ -e "$MNX_SYSFS/firmware/fdt" ]; then
		fat_add DEVICE.DTB cat "$MNX_SYSFS/firmware/fdt"
	elif [ -d "$MNX_PROC/device-tree" ]; then
		fat_add TREE.TXT failure_tree_text
	fi
}

# failure_tree_text: kernels below 4.x have the nodes as folders only.
failure_tree_text() {
	find "$MNX_PROC/device-tree/" -name compatible -o -name status | while read -r path; do
		printf '%s: ' "${path#"$MNX_PROC/device-tree/"}"
		tr '\0' ' ' <"$path"
		echo
	done
}

failure_readme() {
	local code step text
	printf '%s\r\n' "$mnx_device_name did not get beyond stage-1 of mnx. What failed, the last first:" ''
	tac "$MNX_RUN/failures" | while read -r code step text; do
		printf '  %s (%s): %s\r\n' "$step" "$code" "$text"
	done
	printf '%s\r\n' ''
	if [ "$mnx_ssh" = on ]; then
		printf '%s\r\n' "Log in: ssh root@$mnx_address" \
			'There: mnx-log, mnx-step STEP, mnx-continue, mnx-usb-storage DEVICE, mnx-reboot bootloader' ''
	fi
	printf '%s\r\n' 'STAGE1.LOG  what stage-1 said' 'DMESG.TXT   what the kernel said' \
		'CMDLINE.TXT the command line, as the loader gave it' 'PARTS.TXT   disks and partitions' \
		'STATE.TXT   devices that wait for another, modules, mounts, network, USB' \
		'MNX.CNF     the settings of this image' 'DEVICE.DTB  the device tree (mnx inspect, dtc)' \
		'LASTn.TXT   what an earlier boot left when it crashed'
}

failure_partitions() {
	cat "$MNX_PROC/partitions"
	printf '\nblock devices and partition labels: %s\n' "$(block_devices '')"
}

failure_state() {
	local path value
	mount_kernel debugfs "$MNX_SYSFS/kernel/debug" nosuid,nodev,noexec
	for path in "$MNX_SYSFS/kernel/debug/devices_deferred" "$MNX_PROC/modules" "$MNX_PROC/mounts" \
		"$MNX_PROC/meminfo" "$MNX_PROC/interrupts" "$MNX_PROC/iomem" "$MNX_PROC/consoles" "$MNX_PROC/fb"; do
		[ -r "$path" ] || continue
		printf '== %s\n' "$path"
		cat "$path"
	done
	printf '== links, addresses\n'
	ip addr
	# Whether a cable is in, which end of it the phone is, and whether a computer has taken the gadget.
	printf '== USB\n'
	for path in "$MNX_SYSFS"/class/udc/*/state "$MNX_SYSFS"/class/udc/*/current_speed \
		"$MNX_SYSFS"/class/usb_role/*/role "$MNX_SYSFS"/class/android_usb/android0/state; do
		value=''
		{ read -r value <"$path"; } 2>/dev/null && printf '%s: %s\n' "${path#"$MNX_SYSFS"/class/}" "$value"
	done
}
