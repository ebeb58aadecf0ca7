# shellcheck shell=sh
# stage2.sh: the end of stage-1: over to the real system, or a phone that stays up and can be
# talked to.

# hand_over [ARGUMENTS OF INIT...]: becomes the real system's init. Comes back only when that is
# not possible; exec of a program that is not there would end init and the kernel.
hand_over() {
	local folder
	if [ ! -x "$MNX_ROOT/${mnx_init#/}" ] && ! program_in "$MNX_ROOT" "$mnx_init"; then
		fail "no program $mnx_init in the root"
		return
	fi
	recall root
	say "over to $mnx_init on $recalled"
	report_times
	splash_leave
	stop_all
	if [ -e "$MNX_PROC/sys/kernel/printk_devkmsg" ]; then
		put ratelimit "$MNX_PROC/sys/kernel/printk_devkmsg"
	fi
	for folder in "$MNX_DEV" "$MNX_PROC" "$MNX_SYSFS" "${MNX_RUN%/*}"; do
		move_mount "$folder"
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

# stop_all: what stage-1 started and the real system brings itself.
stop_all() {
	clock_stop
	stop_recalled fb-hold.pid
	stop_recalled udhcpd.pid
	stop_recalled dropbear.pid
}

# stay_up: the phone waits for people. Never returns.
stay_up() {
	clock_stop
	say "stage-1 stays up on $mnx_device_name"
	while :; do
		if console_wanted; then
			console_shell
		else
			sleep 3600 &
			wait "$!"
		fi
	done
}

# console_wanted: a shared image opens no shell to whoever holds the phone.
console_wanted() {
	[ "$mnx_release" != yes ] && [ "$mnx_console" != off ]
}

# console_shell: one shell on the named terminal, or on the one the kernel writes to; a new one
# when it ends. It runs beside init, which waits: signals are heard while waiting.
console_shell() {
	local terminal="$MNX_DEV/$mnx_console"
	[ -c "$terminal" ] || terminal=$MNX_CONSOLE
	setsid cttyhack sh -l <>"$terminal" >&0 2>&1 &
	wait "$!"
	sleep 1
}

# power_down reboot|halt|poweroff: what busybox's commands of that name ask init for.
power_down() {
	say "$1"
	sync
	if is_mounted "$MNX_ROOT"; then
		mount -o remount,ro "$MNX_ROOT"
	fi
	"$1" -f
}
