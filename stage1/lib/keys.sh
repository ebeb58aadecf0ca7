# shellcheck shell=sh
# keys.sh: which keys of the phone are held right now. evdev tells by one ioctl, without waiting for an event.

# key_down NAME: whether that key is held on any input device; names are those of device files, or the
# kernel's number. A kernel whose evdev is a module has it loaded only now.
key_down() {
	local key event
	key_number "$1" || return
	set -- "$MNX_DEV"/input/event*
	[ -e "$1" ] || modprobe -q evdev
	for event in "$MNX_DEV"/input/event*; do
		[ ! -e "$event" ] || ! key_in "$event" || return 0
	done
	return 1
}

# key_number NAME: sets `key`, as in linux/input-event-codes.h.
key_number() {
	case "$1" in
		volume-down) key=114 ;;
		volume-up) key=115 ;;
		power) key=116 ;;
		home) key=102 ;;
		back) key=158 ;;
		camera) key=212 ;;
		'' | *[!0-9]* | 0?*) return 1 ;;
		*) key=$1 ;;
	esac
	[ "$key" -lt 768 ]
}

# key_in DEVICE: whether `key` is held there. EVIOCGKEY(96) of linux/input.h: a bit for each key, in bytes
# from the lowest.
key_in() {
	local bits
	bits=$(syscall ioctl 0 "$((0x80604518))" @ <"$1" 2>/dev/null | od -An -v -tx1)
	# shellcheck disable=SC2086 # one word per byte
	set -- $bits
	[ "$#" -gt "$((key / 8))" ] || return
	shift "$((key / 8))"
	[ "$((0x$1 >> key % 8 & 1))" -eq 1 ]
}
