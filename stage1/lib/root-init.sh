# shellcheck shell=sh
# root-init.sh: whether the real system's init can be started. switch_root becomes it: where the kernel
# refuses it then, PID 1 ends and the kernel panics, with nobody to say why.

# init_fits: true for the program in the mounted root; else `misfit` says what is wrong with it.
init_fits() {
	if ! program_in "$MNX_ROOT" "$mnx_init"; then
		misfit="has no program $mnx_init"
		return 1
	fi
	program_starts "$MNX_ROOT" || misfit="has $mnx_init, which cannot be started: $misfit"
	[ -z "$misfit" ]
}

# program_in ROOT PATH: whether the path is a program there; `program` is where its links lead.
program_in() {
	path_in "$1" "$2" && program=$path && [ -f "$1$program" ] && [ -x "$1$program" ]
}

# path_in ROOT PATH: sets `path` to where PATH leads. Absolute links in it, of folders as well, count from
# ROOT, not from here.
path_in() {
	local rest="$2" part links=0
	path=''
	while [ -n "$rest" ]; do
		part=${rest%%/*}
		rest=${rest#"$part"}
		rest=${rest#/}
		case "$part" in
			'' | .) continue ;;
			..)
				path=${path%/*}
				continue
				;;
		esac
		if [ ! -L "$1$path/$part" ]; then
			path=$path/$part
			continue
		fi
		links=$((links + 1))
		[ "$links" -le 16 ] || return
		part=$(readlink "$1$path/$part")
		case "$part" in
			/*) path='' ;;
		esac
		rest=$part${rest:+/$rest}
	done
}

# program_starts ROOT: `program` there, by its first bytes: a script with its interpreter, or an ELF file for
# this processor with its loader. Else `misfit` says why the kernel would refuse it.
program_starts() {
	local file="$1$program" interpreter
	misfit=''
	bytes_at "$file" 0 4
	case "$bytes" in
		' 7f 45 4c 46') elf_starts "$1" "$file" ;;
		' 23 21'*)
			read -r interpreter <"$file"
			interpreter=${interpreter#??}
			# shellcheck disable=SC2086 # the first word of the line
			set -- "$1" $interpreter
			if ! program_in "$1" "$2"; then
				misfit="its interpreter $2 is not there"
				return 1
			fi
			bytes_at "$1$program" 0 4
			[ "$bytes" != ' 7f 45 4c 46' ] || elf_starts "$1" "$1$program"
			;;
		*) misfit='it is no program' ;;
	esac
	[ -z "$misfit" ]
}

# elf_starts ROOT FILE: for the processor that runs busybox here, or its 32-bit sister (EM_386 3, EM_ARM 40),
# and with the loader that it names.
elf_starts() {
	local machine own
	elf_number "$2" 18 2
	machine=$number
	elf_number "$MNX_BUSYBOX" 18 2
	own=$number
	case "$machine,$own" in
		"$own,$machine" | 3,62 | 40,183) ;;
		*)
			misfit="it is for another processor (ELF machine $machine, this one is $own)"
			return
			;;
	esac
	elf_loader "$2"
	[ -z "$loader" ] || program_in "$1" "$loader" || misfit="its loader $loader is not there"
}

# elf_loader FILE: sets `loader`, empty for a static program: the program header of type 3, PT_INTERP. The
# table's place, the size of an entry and their number, then an entry's type, offset and size (elf.h).
elf_loader() {
	local at size count wide=8 places='32 54 56 8 32' start
	loader=''
	bytes_at "$1" 4 1
	[ "$bytes" = ' 02' ] || wide=4 places='28 42 44 4 16'
	# shellcheck disable=SC2086 # numbers, one word each
	set -- "$1" $places
	elf_number "$1" "$2" "$wide"
	at=$number
	elf_number "$1" "$3" 2
	size=$number
	elf_number "$1" "$4" 2
	count=$number
	[ "$count" -le 64 ] || return 0
	while [ "$count" -gt 0 ]; do
		elf_number "$1" "$at" 4
		if [ "$number" -eq 3 ]; then
			elf_number "$1" "$((at + $5))" "$wide"
			start=$number
			elf_number "$1" "$((at + $6))" "$wide"
			[ "$number" -gt 4096 ] || loader=$(tail -c "+$((start + 1))" "$1" | head -c "$number" | tr -d '\0')
			return
		fi
		at=$((at + size)) count=$((count - 1))
	done
}

# elf_number FILE OFFSET BYTES: sets `number`; the processors here are all little-endian.
elf_number() {
	number=$(od -An -v "-tu$3" "-j$2" "-N$3" "$1" 2>/dev/null)
	number=$((${number:-0}))
}
