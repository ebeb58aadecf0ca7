# shellcheck shell=sh
# 30-modules.sh: drivers. An image without modules is a kernel with everything built in.
step_does='loading drivers'
step_needs='20-log'
step_limit=60

step_run() {
	local status=0
	drivers_load || status=1
	watchdog_start
	watchdog_check
	return "$status"
}

drivers_load() {
	firmware_prepare
	if [ ! -d "$MNX_MODULE_TREE" ]; then
		say 'the image has no modules: the kernel must have its drivers built in'
		return 0
	fi
	modprobe_announce
	modules_fit || return
	load_modules || warn 'not every module of the device was loaded'
	coldplug_all
	# The driver of the memory that keeps a crash's log may be among them.
	last_boot_keep
}
