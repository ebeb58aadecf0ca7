# shellcheck shell=sh
# power.sh: how the phone goes down, and where it comes up again.

# power_down reboot|halt|poweroff: what busybox's commands of that name ask init for.
power_down() {
	say "$1"
	power_settle
	# Without -n it would wait for the disks itself.
	"$1" -n -f
}

# restart_to [WHERE]: starts again, into what the loader knows by that name: bootloader, recovery, edl.
# A kernel that hands no name to its loader just starts again.
restart_to() {
	if [ -n "${1:-}" ]; then
		say "starting again, to $1"
		restart_known "$1" ||
			warn "the device tree names no reboot mode $1: the phone may just start again"
		power_settle
		# LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2: linux/reboot.h
		syscall reboot $((0xfee1dead)) $((0x28121969)) $((0xa1b2c3d4)) "$1"
		warn "the kernel does not start again to $1 (error $?)"
	fi
	power_down reboot
}

# restart_known WHERE: mainline hands on the names that its device tree has (mode-bootloader in a node
# of reboot-mode or pon); the phones' own kernels, which have android_usb, know theirs in code.
restart_known() {
	local found
	[ -d "$MNX_PROC/device-tree" ] && [ ! -d "$MNX_SYSFS/class/android_usb" ] || return 0
	found=$(find "$MNX_PROC/device-tree/" -name "mode-$1")
	[ -n "$found" ]
}

# power_settle: what is on a disk by now stays whole, where the disk answers: a root on a computer that is off would
# keep the phone from going down.
power_settle() {
	beside settle power_settle_disks
	wait_until 10 'the disks' power_settled ||
		warn 'the disks do not answer: what was not written yet is lost'
}

power_settle_disks() {
	sync
	if is_mounted "$MNX_ROOT"; then
		mount -o remount,ro "$MNX_ROOT"
	fi
}

power_settled() {
	! recall settle.pid || ! kill -0 "$recalled" 2>/dev/null
}
