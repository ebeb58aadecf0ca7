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

# kernel_since MAJOR MINOR: whether the kernel is of that version or later; one that does not say it is taken to be.
kernel_since() {
	local release='' minor
	{ read -r release <"$MNX_PROC/sys/kernel/osrelease"; } 2>/dev/null
	minor=${release#*.}
	minor=${minor%%[!0-9]*}
	case "${release%%.*}" in
		'' | *[!0-9]*) return 0 ;;
		"$1") [ "${minor:-0}" -ge "$2" ] ;;
		*) [ "${release%%.*}" -gt "$1" ] ;;
	esac
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
	local wanted="$mnx_modules" name
	if [ -e "$MNX_LEFT" ]; then
		wanted=''
		for name in $mnx_modules; do
			module_is_left "$name" || wanted="$wanted $name"
		done
	fi
	[ -n "$wanted" ] || return 0
	# shellcheck disable=SC2086 # one argument per module
	modprobe -a $wanted
}

module_is_left() {
	grep -qx "blacklist $(printf '%s' "$1" | tr - _)" "$MNX_LEFT"
}

# modules_loading: sets `loading` to the names of the drivers that are still starting; false when there is
# none. By sed: the shell would read each byte of a long list with a call of its own.
modules_loading() {
	loading=$(sed -n 's/^\([^ ]*\) .* Loading .*/\1/p' "$MNX_PROC/modules" 2>/dev/null | tr '\n' ' ')
	loading=${loading% }
	[ -n "$loading" ]
}

# modules_leave: a driver that hangs while it starts must not keep the others away. True when there is one that
# was not known yet: from now on it is left out, with all that needs it, since the kernel makes each of these
# wait. Who has asked for drivers may ask again.
modules_leave() {
	local name left=1
	modules_loading || return
	for name in $loading; do
		[ ! -e "$MNX_LEFT" ] || ! module_is_left "$name" || continue
		left=0
		fail_with modules "the driver $name hangs while it starts: it is left out, with what needs it"
		mkdir -p "${MNX_LEFT%/*}"
		echo "blacklist $name" >>"$MNX_LEFT"
		tr - _ <"$MNX_MODULE_TREE/$(uname -r)/modules.dep" |
			sed -n "s,^\([^:]*/\)*\([^/:.]*\)\.ko[^:]*:.*[ /]$name\.ko.*,blacklist \2,p" >>"$MNX_LEFT"
	done
	rm -f "$MNX_RUN/aliases"
	return "$left"
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
	local seen="$MNX_RUN/aliases" known=' ' new='' alias
	[ -e "$seen" ] || : >"$seen"
	# In the shell itself: sort and uniq would be five processes, and waiting steps ask each 1/5 s.
	while read -r alias; do
		known="$known$alias "
	done <"$seen"
	while read -r alias; do
		case "$known" in
			*" $alias "*) continue ;;
		esac
		[ -n "$alias" ] || continue
		known="$known$alias "
		new="$new $alias"
		printf '%s\n' "$alias" >>"$seen"
	done <<-END
		$(device_aliases)
	END
	[ -n "$new" ] || return 1
	set -f
	# shellcheck disable=SC2086 # one argument per alias; an alias has no blanks
	modprobe -abq $new
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
