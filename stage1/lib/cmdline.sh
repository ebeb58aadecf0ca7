# shellcheck shell=sh
# cmdline.sh: the kernel command line, as the kernel reads it: words between blanks, double quotes
# keep blanks inside a word and are not part of it. Loaders add words of their own; unknown ones
# mean nothing here. From Android 12 on many of them stand in /proc/bootconfig instead, and are read
# as if they stood on the command line, which wins.

# cmdline_words LINE: prints each word on a line of its own.
cmdline_words() {
	local rest="$1" word='' head
	while [ -n "$rest" ]; do
		head=${rest%%[\"	\ ]*}
		word=$word$head
		rest=${rest#"$head"}
		case "$rest" in
			'"'*)
				rest=${rest#?}
				head=${rest%%\"*}
				word=$word$head
				rest=${rest#"$head"}
				rest=${rest#\"}
				;;
			*)
				rest=${rest#?}
				[ -n "$word" ] && printf '%s\n' "$word"
				word=''
				;;
		esac
	done
	if [ -n "$word" ]; then
		printf '%s\n' "$word"
	fi
}

# cmdline_read: sets `cmdline_lines` to every word of bootconfig and command line, a line each, the
# stronger ones last. Once: the steps inherit it.
cmdline_lines=''
cmdline_read() {
	local line=''
	[ -z "$cmdline_lines" ] || return 0
	read -r line <"$MNX_CMDLINE"
	cmdline_lines=$(
		bootconfig_words
		cmdline_words "$line"
	)
}

# bootconfig_words: prints the lines `name = "value", "value"` of /proc/bootconfig as name=value,value.
# What is below kernel. and init. the kernel has put on its command line itself.
bootconfig_words() {
	local line rest quote value item
	[ -r "$MNX_PROC/bootconfig" ] || return 0
	while IFS= read -r line; do
		case "$line" in
			'#'* | kernel.* | init.*) continue ;;
			*' = '*) ;;
			*) continue ;;
		esac
		rest=${line#*' = '}
		value=''
		while [ -n "$rest" ]; do
			quote=${rest%"${rest#?}"}
			rest=${rest#?}
			item=${rest%%"$quote"*}
			rest=${rest#"$item"}
			rest=${rest#"$quote"}
			rest=${rest#, }
			value=$value${value:+,}$item
		done
		printf '%s\n' "${line%%' = '*}${value:+=$value}"
	done <"$MNX_PROC/bootconfig"
}

# cmdline_value NAME: sets `cmdline_found` to the value of the last word NAME=value.
cmdline_value() {
	local word
	cmdline_read
	cmdline_found=''
	while IFS= read -r word; do
		case "$word" in
			"$1="*) cmdline_found=${word#*=} ;;
		esac
	done <<-END
		$cmdline_lines
	END
	[ -n "$cmdline_found" ]
}

# cmdline_has WORD: whether the bare word stands there.
cmdline_has() {
	local word
	cmdline_read
	while IFS= read -r word; do
		[ "$word" = "$1" ] && return 0
	done <<-END
		$cmdline_lines
	END
	return 1
}

# cmdline_apply: takes every mnx.name=value over into the settings; a dash is as good as a line.
# The program that the kernel would start, init=, is what stage-1 hands over to, unless mnx.init=
# names another. Android's loaders append init=/init, which means stage-1 itself.
cmdline_apply() {
	local word name init='' own=''
	cmdline_read
	while IFS= read -r word; do
		case "$word" in
			mnx.*=*)
				name=${word%%=*}
				name=${name#mnx.}
				while [ "$name" != "${name%%-*}" ]; do
					name=${name%%-*}_${name#*-}
				done
				conf_override "$name" "${word#*=}" && say "$word (command line)"
				[ "$name" != init ] || own=yes
				;;
			init=/init) init='' ;;
			init=/*) init=${word#*=} ;;
		esac
	done <<-END
		$cmdline_lines
	END
	if [ -n "$init" ] && [ -z "$own" ]; then
		mnx_init=$init
		say "init=$init (command line)"
	fi
	conf_numbers
}

# cmdline_loader: what loaders add without being asked, where a porter would look for its effect.
cmdline_loader() {
	local word console='' root='' system_root=''
	cmdline_read
	while IFS= read -r word; do
		case "$word" in
			console=*) console=${word#*=} ;;
			root=*) root=$word ;;
			skip_initramfs | '[s_]kip_initramfs') system_root=$word ;;
		esac
	done <<-END
		$cmdline_lines
	END
	if [ -n "$system_root$root" ]; then
		say "the loader asks for its own root ($system_root${system_root:+${root:+, }}$root): stage-1 goes by mnx.root"
	fi
	case "$console" in
		null | ttynull)
			if ! kernel_console; then
				say "the loader takes the console away (console=$console): the log is in dmesg, and on the screen where no splash is or a step fails"
				[ "$mnx_splash" != off ] || log_on_screen
			fi
			;;
	esac
}

# kernel_console: whether the kernel writes its log anywhere that a person can read.
kernel_console() {
	local name
	[ -r "$MNX_PROC/consoles" ] || return
	while read -r name _; do
		case "$name" in
			ttynull*) ;;
			?*) return 0 ;;
		esac
	done <"$MNX_PROC/consoles"
	return 1
}
