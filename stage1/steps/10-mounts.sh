# shellcheck shell=sh
# 10-mounts.sh: nothing works without /proc, /sys and /dev.
step_does='mounting proc, sys, dev, run'
step_inline=yes

step_run() {
	mount_all || return
	signals_start
	# There was no clock to read before.
	uptime_read
	step_start=$uptime_cs
}
