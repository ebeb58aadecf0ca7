# shellcheck shell=sh
# stage2.sh: the end of stage-1: over to the real system.

# hand_over [ARGUMENTS OF INIT...]: becomes the real system's init. Comes back only when that is
# not possible; exec of a program that is not there would end init and the kernel.
hand_over() {
	local folder word
	recall root
	if ! init_fits; then
		fail_with no-init "$recalled $misfit"
		return
	fi
	say "over to $mnx_init on $recalled"
	report_times
	splash_leave
	screen_settle 3
	stop_all
	if [ -e "$MNX_PROC/sys/kernel/printk_devkmsg" ]; then
		put ratelimit "$MNX_PROC/sys/kernel/printk_devkmsg"
	fi
	for folder in "$MNX_DEV" "$MNX_PROC" "$MNX_SYSFS" "${MNX_RUN%/*}"; do
		move_mount "$folder"
	done
	# A word without a value that the kernel does not know it hands to init, loaders' noise too.
	for word; do
		shift
		[ "$word" = skip_initramfs ] || set -- "$@" "$word"
	done
	become switch_root -c /dev/console "$MNX_ROOT" "$mnx_init" "$@"
}

become() {
	exec "$@"
}

# move_mount FOLDER: to the same place in the real root; where that has no such folder, away.
move_mount() {
	if [ -d "$MNX_ROOT$1" ]; then
		mount --move "$1" "$MNX_ROOT$1" && return
	fi
	umount -l "$1"
}

# stop_all: what stage-1 started and the real system brings itself. A root on the computer needs that
# the computer keeps its address.
stop_all() {
	clock_stop
	late_stop
	hotplug_stop
	! recall signals.pid || within 3 signals_stop
	watchdog_leave
	fb_refresh off
	stop_recalled fb-hold.pid
	! recall storage || within 5 storage_withdraw
	extras_stop
	recall nbd || stop_recalled udhcpd.pid
	stop_recalled dropbear.pid
	leave_nobody
}
