# shellcheck shell=sh
# paths.sh: where the steps find things. Every path can be set from outside, so that a test runs
# the same code on a tree of its own.

: "${MNX_LIB:=/lib/mnx}"
: "${MNX_CONF:=/etc/mnx.conf}"
: "${MNX_ETC:=/etc}"
: "${MNX_SPLASH:=/usr/share/mnx/splash}"
: "${MNX_PROC:=/proc}"
: "${MNX_CMDLINE:=$MNX_PROC/cmdline}"
: "${MNX_SYSFS:=/sys}"
: "${MNX_CONFIGFS:=$MNX_SYSFS/kernel/config}"
: "${MNX_DEV:=/dev}"
: "${MNX_KMSG:=$MNX_DEV/kmsg}"
: "${MNX_CONSOLE:=$MNX_DEV/console}"
: "${MNX_MODULE_TREE:=/lib/modules}"
# What modprobe leaves out: drivers that have hung, and what needs them.
: "${MNX_LEFT:=$MNX_ETC/modprobe.d/mnx-left.conf}"
: "${MNX_MODPROBE:=/sbin/modprobe}"
: "${MNX_FIRMWARE:=/lib/firmware}"
# What the kernel calls for each device that comes, where nothing else makes nodes or brings firmware.
: "${MNX_HOTPLUG:=/usr/bin/mnx-hotplug}"
: "${MNX_STEP:=/usr/bin/mnx-step}"
: "${MNX_MDEV:=/sbin/mdev}"
: "${MNX_BUSYBOX:=/bin/busybox}"
: "${MNX_SYSCALL:=/usr/bin/mnx-syscall}"
: "${MNX_LOSETUP:=/sbin/losetup}"
# Stage-1's own state: the log, what the steps tell each other, the pids of what they started.
: "${MNX_RUN:=/run/mnx}"
# Where the real system's root is mounted before stage-1 leaves.
: "${MNX_ROOT:=/sysroot}"
