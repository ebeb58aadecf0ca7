# shellcheck shell=sh
# root-partuuid.sh: partitions by id on kernels that do not say it. PARTUUID came into a partition's
# uevent late (block/partitions/core.c, part_uevent); before, the tables themselves have to be read.

# partition_by_id ID: sets `root_device`; the id in small letters.
partition_by_id() {
	local disk part number known
	partition_by PARTUUID "$1" && return
	for disk in "$MNX_SYSFS"/block/*; do
		case "${disk##*/}" in
			# The replay-protected block of an eMMC answers nobody who reads, after seconds.
			loop* | ram* | zram* | *boot[0-9] | *rpmb) continue ;;
		esac
		number=$(table_number "$disk" "$MNX_DEV/${disk##*/}" "$1")
		[ -n "$number" ] || continue
		for part in "$disk/${disk##*/}"*; do
			[ -r "$part/partition" ] || continue
			read -r known <"$part/partition"
			[ "$known" != "$number" ] || root_device=$MNX_DEV/${part##*/}
		done
	done
	[ -n "$root_device" ]
}

# table_number DISK DEVICE ID: prints the number that the partition has in the disk's table.
table_number() {
	local sector=512
	case "$3" in
		????????-??)
			# An MBR has an id of 32 bits at 440, little-endian, and its partitions are counted.
			[ "$(od -An -v -tx4 -j440 -N4 "$2" 2>/dev/null)" != " ${3%-*}" ] || echo $((0x${3#*-}))
			;;
		*)
			[ ! -r "$1/queue/logical_block_size" ] || read -r sector <"$1/queue/logical_block_size"
			bytes_at "$2" "$sector" 8
			[ "$bytes" != ' 45 46 49 20 50 41 52 54' ] || gpt_number "$2" "$sector" "$3"
			;;
	esac
}

# gpt_number DEVICE SECTOR ID: the header says at 72 where the entries are, how many, and how long each is;
# an entry has its id at 16, the first three groups little-endian (UEFI, 5.3). od gives 16 bytes a line.
gpt_number() {
	local id="$3" sector="$2" device="$1"
	# shellcheck disable=SC2046 # numbers, one word each
	set -- $(od -An -v -tu4 -j$((sector + 72)) -N16 "$device")
	[ "$4" = 128 ] && [ "$3" -le 1024 ] || return 0
	od -An -v -tx1 -j$(($1 * sector)) -N$(($3 * 128)) "$device" | awk -v id="$id" '
		NR % 8 == 2 && id == $4 $3 $2 $1 "-" $6 $5 "-" $8 $7 "-" $9 $10 "-" $11 $12 $13 $14 $15 $16 { print (NR + 6) / 8 }'
}
