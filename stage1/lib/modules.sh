# shellcheck shell=sh
# modules.sh: drivers, by name and by what the hardware says of itself.

# modprobe_announce: the kernel itself asks for modules (ext4 for its checksum, configfs for its
# functions) by calling this program.
modprobe_announce() {
	if [ ! -e "$MNX_MODPROBE" ]; then
		mkdir -p "${MNX_MODPROBE%/*}"
		ln -s "$MNX_BUSYBOX" "$MNX_MODPROBE"
	fi
	if [ -e "$MNX_PROC/sys/kernel/modprobe" ]; then
		put "$MNX_MODPROBE" "$MNX_PROC/sys/kernel/modprobe"
	fi
}

# modules_fit: whether the image has modules for the kernel that runs. `fastboot boot` with a new
# kernel and an old ramdisk is the usual way to get this wrong.
modules_fit() {
	local release have
	release=$(uname -r)
	[ -d "$MNX_MODULE_TREE/$release" ] && return
	have=$(ls "$MNX_MODULE_TREE" 2>/dev/null)
	fail "the kernel is $release, the image has modules for ${have:-no kernel}"
}

# load_modules: the device's own list, in its order, by one modprobe.
load_modules() {
	[ -n "$mnx_modules" ] || return 0
	# shellcheck disable=SC2086 # one argument per module
	modprobe -a $mnx_modules
}

# device_aliases: prints what the devices ask for. Every device that takes a driver is on a bus;
# input devices and the firmware's board name are the exceptions. A walk over all of /sys/devices
# takes ten times as long, and the files called modalias miss eMMC (mmc_block).
device_aliases() {
	sed -n 's/^MODALIAS=//p' "$MNX_SYSFS"/bus/*/devices/*/uevent \
		"$MNX_SYSFS"/class/input/*/uevent "$MNX_SYSFS"/class/dmi/*/uevent 2>/dev/null
}

# coldplug: loads the modules whose aliases the present devices ask for and that no earlier call
# has tried. True when there were any: their devices may show further ones.
coldplug() {
	local seen="$MNX_RUN/aliases"
	[ -e "$seen" ] || : >"$seen"
	device_aliases | sort -u >"$seen.now"
	sort "$seen" "$seen" "$seen.now" | uniq -u >"$seen.new"
	mv "$seen.now" "$seen"
	[ -s "$seen.new" ] || return 1
	set -f
	# shellcheck disable=SC2046 # one argument per alias; an alias has no blanks
	modprobe -abq $(cat "$seen.new")
	set +f
	return 0
}

# coldplug_all: a bus driver brings devices, which bring drivers; four rounds reach a disk behind
# a hub behind a PCI bus.
coldplug_all() {
	for _ in 1 2 3 4; do
		coldplug || return 0
	done
}
