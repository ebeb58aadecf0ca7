# shellcheck shell=sh
# last-boot.sh: what the boot before this one left behind: pstore (ramoops, EFI), or /proc/last_kmsg
# of Android's RAM console. Copied to $MNX_RUN/last, beside this boot's log; nothing is deleted, so
# that the real system's own collector finds it too.

# What a dying kernel says of the cause: ARM, x86, Qualcomm's watchdog.
last_boot_death='Kernel panic - not syncing|Unable to handle kernel|Internal error: |BUG: (kernel NULL|unable to handle)|general protection fault|Watchdog bark'

# last_boot_keep: copies what there is and says whether a boot crashed. Called again once the modules
# are loaded, as ramoops may be one; what is kept is kept once.
last_boot_keep() {
	local last="$MNX_RUN/last" file
	[ -d "$last" ] && return
	if [ -d "$MNX_SYSFS/fs/pstore" ]; then
		mount_kernel pstore "$MNX_SYSFS/fs/pstore" nosuid,nodev,noexec
	fi
	set --
	for file in "$MNX_SYSFS/fs/pstore"/* "$MNX_PROC/last_kmsg" "$MNX_PROC/last_klog"; do
		[ -f "$file" ] && set -- "$@" "$file"
	done
	[ $# -gt 0 ] || return 0
	mkdir -p "$last"
	# In init itself: a driver that does not answer, or never ends, must not keep the boot.
	for file; do
		timeout 10 head -c 8388608 "$file" >"$last/${file##*/}" ||
			warn "keeping ${file##*/} of the last boot: it cannot be read to its end"
	done
	for file in "$last"/*.enc.z; do
		[ -e "$file" ] && last_boot_expand "$file"
	done
	last_boot_tell "$last"
}

# last_boot_expand FILE: a record that this kernel has no codec for. It is deflate, with zlib's two
# bytes in front (up to 4.x) or bare, without the checksum that gunzip wants in the end: what came
# out by then is all of it.
last_boot_expand() {
	local from=1
	# A bare stream that begins with such a byte would not be compressed at all.
	case "$(od -An -N1 -tx1 "$1")" in
		' '[2-7]8) from=3 ;;
	esac
	{
		printf '\037\213\010\0\0\0\0\0\0\003'
		tail -c "+$from" "$1"
	} | gunzip -c >"${1%.enc.z}" 2>/dev/null
	if [ -s "${1%.enc.z}" ]; then
		rm "$1"
	else
		rm "${1%.enc.z}"
		warn "${1##*/} is compressed with a codec that nobody here can expand"
	fi
}

# last_boot_tell FOLDER: one line on what is kept, and of a crash its cause and the lines around that.
last_boot_tell() {
	local file='' cause='' at line
	last_boot_crash "$1"
	if [ -z "$file" ]; then
		say "the log of the last boot is in $1, with no crash in it"
		return 0
	fi
	at=${cause%%:*}
	cause=${cause#*:}
	cause=${cause#<[0-9]*>}
	say "an earlier boot crashed: ${cause#\[*\] }; its log is $file"
	sed -n "$((at > 4 ? at - 4 : 1)),$((at + 8))p" "$file" | while read -r line; do
		log 6 "| $line"
	done
}

# last_boot_crash FOLDER: sets the caller's `file` and `cause` to the record of a crash and to the
# number, a colon and the text of the line that says why. A dump is of a crash whatever it says, a
# console's log only when it names one. Lines of stage-1 quote an earlier crash and are none of their own.
last_boot_crash() {
	local record
	for record in "$1"/dmesg-* "$1"/console-* "$1"/last_k*; do
		[ -f "$record" ] || continue
		cause=$(grep -nE "$last_boot_death" "$record" | grep -v -m 1 'mnx: ')
		if [ -n "$cause" ]; then
			file=$record
			return
		fi
	done
	for record in "$1"/dmesg-*; do
		if [ -f "$record" ]; then
			file=$record
			read -r cause <"$record"
			cause=1:$cause
			return
		fi
	done
}
