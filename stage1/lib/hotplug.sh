# shellcheck shell=sh
# hotplug.sh: old kernels leave work to a program that they call for each device that comes:
# making its node where there is no devtmpfs, and handing over firmware.

# hotplug_start WORK: from now on /usr/bin/mnx-hotplug also does WORK, mdev or firmware. The kernel
# calls it (CONFIG_UEVENT_HELPER), or busybox uevent does, which listens to what the kernel sends.
hotplug_start() {
	local helper="$MNX_PROC/sys/kernel/hotplug"
	: >"$MNX_RUN/hotplug-$1"
	if [ -e "$helper" ]; then
		put "$MNX_HOTPLUG" "$helper"
	elif ! recall hotplug.pid; then
		beside hotplug uevent "$MNX_HOTPLUG"
	fi
}

# hotplug_stop: the real system has a helper of its own, or none.
hotplug_stop() {
	stop_recalled hotplug.pid
	if [ -e "$MNX_RUN/hotplug-mdev" ] || [ -e "$MNX_RUN/hotplug-firmware" ]; then
		rm -f "$MNX_RUN/hotplug-mdev" "$MNX_RUN/hotplug-firmware"
		if [ -e "$MNX_PROC/sys/kernel/hotplug" ]; then
			put '' "$MNX_PROC/sys/kernel/hotplug"
		fi
	fi
}
