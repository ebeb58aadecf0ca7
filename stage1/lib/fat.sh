# shellcheck shell=sh
# fat.sh: a FAT16 volume in a file, as every computer reads it, written from its start to its end.
# Microsoft, "FAT: General Overview of On-Disk Format" 1.03. Sectors of 512 bytes; clusters, and all that
# the volume is made of, of 4096: boot sector, two tables, the root folder, files.
#   0x0000 boot sector   0x1000 first table   0x5000 second table   0x9000 root folder   0xd000 cluster 2

fat_end=33550336 # 65528 sectors, as many as their 16-bit count holds in whole clusters
fat_clusters=8178

# le16 NUMBER, le32 NUMBER: set `le`, its bytes from the low one as escapes for printf. No process: a
# chain has thousands of them.
le16() {
	le="\\$(($1 >> 6 & 3))$(($1 >> 3 & 7))$(($1 & 7))\\$(($1 >> 14 & 3))$(($1 >> 11 & 7))$(($1 >> 8 & 7))"
}

le32() {
	le16 "$(($1 >> 16))"
	set -- "$1" "$le"
	le16 "$1"
	le=$le$2
}

# fat_new FILE LABEL: an empty volume; what is added goes there. Holes of the file take no memory.
fat_new() {
	fat_file=$1 fat_cluster=2 fat_entry=0
	: >"$1" || return
	truncate -s "$fat_end" "$1" || return
	# Jump, maker, 512 bytes a sector, 8 a cluster, 8 reserved, 2 tables, 512 entries, 65528 sectors,
	# a fixed disk, 32 sectors a table; geometry, disk 0x80, a serial number; label and type.
	fat_put 0 '\353\074\220mnx     \000\002\010\010\000\002\000\002\370\377\370\040\000\077\000\377\000' \
		'\000\000\000\000\000\000\000\000\200\000\051\000xnm' "$(printf '%-11.11s' "$2")" 'FAT16   '
	fat_put 510 '\125\252'
	fat_table 0 '\370\377\377\377'
	fat_name "$2" '\010' 0 0
}

# fat_add NAME COMMAND...: a file with what the command prints. NAME has eight and three capitals or
# digits: LOG.TXT. False, and nothing added, when it no longer fits.
fat_add() {
	local name="$1" part="$fat_file.part" size count last chain=''
	shift
	"$@" >"$part" 2>/dev/null
	size=$(wc -c <"$part")
	count=$(((size + 4095) / 4096))
	last=$((fat_cluster + count - 1))
	if [ "$last" -gt "$((fat_clusters + 1))" ] || [ "$fat_entry" -ge 512 ]; then
		rm "$part"
		return 1
	fi
	if [ "$size" -eq 0 ]; then
		rm "$part"
		fat_name "$name" '\040' 0 0
		return
	fi
	dd if="$part" of="$fat_file" bs=4096 seek="$((fat_cluster + 11))" conv=notrunc 2>/dev/null || return
	rm "$part"
	fat_name "$name" '\040' "$fat_cluster" "$size"
	fat_chain
}

# fat_chain: clusters from `fat_cluster` to `last`, each naming the next; 128 of them with one write.
fat_chain() {
	local first="$fat_cluster"
	while [ "$fat_cluster" -le "$last" ]; do
		if [ "$fat_cluster" -eq "$last" ]; then
			le='\377\377'
		else
			le16 "$((fat_cluster + 1))"
		fi
		chain=$chain$le
		fat_cluster=$((fat_cluster + 1))
		if [ "$((fat_cluster - first))" -eq 128 ] || [ "$fat_cluster" -gt "$last" ]; then
			fat_table "$((first * 2))" "$chain"
			first=$fat_cluster chain=''
		fi
	done
}

# fat_name NAME ATTRIBUTE CLUSTER SIZE: one more entry of the root folder, of 1 January 1980: the phone
# knows no time.
fat_name() {
	local start
	le16 "$3"
	start=$le
	le32 "$4"
	case "$2,$1" in
		*010,*) set -- "$(printf '%-11.11s' "$1")" "$2" ;;
		*) set -- "$(printf '%-8.8s%-3.3s' "${1%.*}" "${1##*.}")" "$2" ;;
	esac
	fat_put "$((0x9000 + fat_entry * 32))" "$1$2" '\000\000\000\000\041\000\041\000\000\000\000\000\041\000' "$start$le"
	fat_entry=$((fat_entry + 1))
}

# fat_table OFFSET BYTES: into both tables.
fat_table() {
	fat_put "$((0x1000 + $1))" "$2"
	fat_put "$((0x5000 + $1))" "$2"
}

# fat_put OFFSET BYTES...: printf's escapes.
fat_put() {
	local offset="$1" bytes
	shift
	bytes=$(printf '%s' "$@")
	# shellcheck disable=SC2059 # the bytes are the format
	printf "$bytes" | dd of="$fat_file" bs=1 seek="$offset" conv=notrunc 2>/dev/null
}
