# shellcheck shell=sh
# firmware.sh: kernels from 3.7 on read firmware from /lib/firmware themselves. Older ones, and newer
# ones with CONFIG_FW_LOADER_USER_HELPER, ask a program, and their driver waits a minute for one that
# nobody answers.

# firmware_prepare: before the first driver is loaded.
firmware_prepare() {
	local path="$MNX_SYSFS/module/firmware_class/parameters/path"
	local ignore="$MNX_PROC/sys/kernel/firmware_config/ignore_sysfs_fallback"
	if [ -n "$mnx_firmware_path" ]; then
		remember firmware-path "$mnx_firmware_path"
		[ ! -e "$path" ] || put "$mnx_firmware_path" "$path"
	fi
	# From 4.17 on a kernel that would ask can be told that files are all that there is.
	if [ -e "$ignore" ]; then
		put 1 "$ignore"
		return
	fi
	[ -e "$MNX_SYSFS/class/firmware/timeout" ] || return 0
	hotplug_start firmware
	firmware_pending
}

# firmware_pending: what built-in drivers asked for before there was anybody to answer.
firmware_pending() {
	local folder key name
	for folder in "$MNX_SYSFS"/class/firmware/*/; do
		[ -e "${folder}loading" ] || continue
		while IFS='=' read -r key name; do
			[ "$key" = FIRMWARE ] && firmware_give "$name" "${folder%/}"
		done <"${folder}uevent"
	done
	return 0
}

# firmware_give NAME FOLDER: hands a file to the kernel through the request's folder in /sys, or tells
# it that there is none. The log says which; a missing file is the porter's to bring.
firmware_give() {
	local file
	# A name comes from a driver, but may not lead out of the folders.
	case "/$1/" in
		*/../*) return 1 ;;
	esac
	recall firmware-path
	for file in "${recalled:-$MNX_FIRMWARE}/$1" "$MNX_FIRMWARE/$1" "$MNX_FIRMWARE/$1.xz"; do
		[ -f "$file" ] && break
	done
	if [ ! -f "$file" ]; then
		echo -1 >"$2/loading"
		warn "the firmware $1 is wanted and not in the image"
		return 1
	fi
	echo 1 >"$2/loading"
	case "$file" in
		*.xz) xzcat "$file" >"$2/data" ;;
		*) cat "$file" >"$2/data" ;;
	esac
	echo 0 >"$2/loading"
	say "the firmware $1 went to its driver"
}
