# shellcheck shell=sh
# cmdline.sh: the kernel command line, as the kernel reads it: words between blanks, double quotes
# keep blanks inside a word and are not part of it. Loaders add words of their own; unknown ones
# mean nothing here.

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

# cmdline_value NAME: sets `cmdline_found` to the value of the last word NAME=value.
cmdline_value() {
	local line='' word
	cmdline_found=''
	read -r line <"$MNX_CMDLINE"
	while IFS= read -r word; do
		case "$word" in
			"$1="*) cmdline_found=${word#*=} ;;
		esac
	done <<-END
		$(cmdline_words "$line")
	END
	[ -n "$cmdline_found" ]
}

# cmdline_has WORD: whether the bare word stands there.
cmdline_has() {
	local line='' word
	read -r line <"$MNX_CMDLINE"
	while IFS= read -r word; do
		[ "$word" = "$1" ] && return 0
	done <<-END
		$(cmdline_words "$line")
	END
	return 1
}

# cmdline_apply: takes every mnx.name=value over into the settings; a dash is as good as a line.
cmdline_apply() {
	local line='' word name
	read -r line <"$MNX_CMDLINE"
	while IFS= read -r word; do
		case "$word" in
			mnx.*=*)
				name=${word%%=*}
				name=$(printf '%s' "${name#mnx.}" | tr '-' '_')
				conf_override "$name" "${word#*=}" && say "$word (command line)"
				;;
		esac
	done <<-END
		$(cmdline_words "$line")
	END
	conf_numbers
}
