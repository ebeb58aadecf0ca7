# shellcheck shell=sh
# root-luks.sh: an encrypted root. Somebody opens it over SSH with mnx-unlock; the passphrase goes from
# their terminal to cryptsetup and is kept nowhere.

# root_unlock: where `root_device` is a LUKS volume, waits until it is open; what is inside takes its
# place.
root_unlock() {
	local volume="$root_device" name
	bytes_at "$volume" 0 6
	[ "$bytes" = ' 4c 55 4b 53 ba be' ] || return 0
	# A real system that opens it by a name of its own (crypttab) must find it open under that name.
	name=${root_mapping:-mnx-${volume##*/}}
	root_mapping=''
	root_device=$MNX_DEV/mapper/$name
	if ! block_device "$root_device"; then
		luks_wait "$volume" "$name" || return
	fi
	root_layer luks "$name"
	say "$volume is open as $root_device"
}

# luks_wait VOLUME NAME
luks_wait() {
	local way="ssh -t root@$mnx_address mnx-unlock"
	if ! command -v cryptsetup >/dev/null; then
		fail_with root-unlock "$1 is encrypted (LUKS), and the image has no cryptsetup: build it with --root $mnx_root,luks"
		return
	fi
	if [ "$mnx_ssh" != on ]; then
		fail_with root-unlock "$1 is encrypted (LUKS), and SSH is off: nobody can give the passphrase"
		return
	fi
	luks_memory "$1"
	modprobe -q dm-crypt
	# The volume can grow later without another passphrase only where its key lies in its table.
	remember unlock "$1 $2${root_resize:+ --disable-keyring}"
	clock_extend "$mnx_unlock_wait"
	say "$1 is locked. Unlock it: $way"
	splash_message root-unlock
	if ! wait_until "$mnx_unlock_wait" "the passphrase of $1: $way" block_device "$MNX_DEV/mapper/$2"; then
		fail_with root-unlock "nobody unlocked $1 within $mnx_unlock_wait s"
	fi
	rm -f "$MNX_RUN/unlock" "$MNX_RUN/unlock-warning"
	splash_message root
	block_device "$MNX_DEV/mapper/$2"
}

# luks_grow: an open volume whose partition has grown fills it.
luks_grow() {
	case "$root_device" in
		"$MNX_DEV"/mapper/*) try "growing $root_device to its partition" cryptsetup resize "${root_device##*/}" </dev/null ;;
	esac
	return 0
}

# luks_memory VOLUME: warns, in the log and whoever is about to give the passphrase, where a key slot's
# Argon2 was measured on a computer with more memory than the phone has: cryptsetup would end for want of
# it. The header's second part is JSON (LUKS2 on-disk format, 2.1), up to the size that stands in its
# first one.
luks_memory() {
	local size wanted total unit
	bytes_at "$1" 6 2
	[ "$bytes" = ' 00 02' ] || return 0
	bytes_at "$1" 12 4
	# shellcheck disable=SC2086 # the bytes, one word each
	set -- "$1" $bytes
	size=$((0x$2$3$4$5))
	[ "$size" -ge 8192 ] && [ "$size" -le 4194304 ] || return 0
	wanted=$(dd if="$1" bs=4096 skip=1 count=$((size / 4096 - 1)) 2>/dev/null |
		tr -c '[:alnum:]_":' '\n' | sed -n 's/^"memory":\([0-9]*\)$/\1/p' | sort -n | tail -n 1)
	while read -r unit total _; do
		[ "$unit" != MemTotal: ] || break
	done <"$MNX_PROC/meminfo"
	if [ "${wanted:-0}" -gt "${total:-0}" ]; then
		remember unlock-warning "a key slot of $1 wants $((wanted / 1024)) MiB for its Argon2, and the phone has $((total / 1024)) MiB: on a computer, give it less (cryptsetup luksConvertKey --pbkdf-memory)"
		recall unlock-warning
		warn "$recalled"
	fi
}
