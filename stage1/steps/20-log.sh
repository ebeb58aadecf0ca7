# shellcheck shell=sh
# 20-log.sh: from here on everything is also in /run/mnx/stage1.log, and the clock runs. What the
# boot before this one left is kept beside it.
step_does='opening the log'
step_needs='10-mounts'
step_inline=yes

step_run() {
	# The kernel drops a program's lines after ten in five seconds unless told not to.
	if [ -e "$MNX_PROC/sys/kernel/printk_devkmsg" ]; then
		echo on >"$MNX_PROC/sys/kernel/printk_devkmsg"
	fi
	log_open || return
	clock_start
	step_watched
	watchdog_start
	last_boot_keep
}
