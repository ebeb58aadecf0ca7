# shellcheck shell=sh
# log.sh: what stage-1 says. Each line goes to the kernel log, which the console and a crash dump
# show, to /dev/pmsg0, whose lines outlive a crash where the kernel has it, and to
# $MNX_RUN/stage1.log, which the real system can read.

# Lines said before there is a file; step 20-log writes them down.
log_early=''

# uptime_read: sets `uptime_cs`, the kernel's clock in 1/100 s. No process is started for it.
uptime_read() {
	local uptime='0.00'
	{ read -r uptime _ <"$MNX_PROC/uptime"; } 2>/dev/null
	# The 1 in front keeps "08" from being read as octal.
	uptime_cs=$((${uptime%.*} * 100 + 1${uptime#*.} - 100))
}

# seconds CS: sets `seconds_text`, such as 7.05.
seconds() {
	seconds_text=$(($1 / 100)).$(($1 / 10 % 10))$(($1 % 10))
}

# log PRIORITY TEXT: one line; the priority is printk's (3 error, 4 warning, 6 information).
log() {
	local text="${step_name:-init}: $2" line
	uptime_read
	seconds "$uptime_cs"
	line="[$seconds_text] $text"
	# The kernel refuses records over 1024 bytes.
	if [ -e "$MNX_KMSG" ]; then
		printf '<%s>mnx: %.900s\n' "$1" "$text" >>"$MNX_KMSG"
	fi 2>/dev/null
	if [ -e "$MNX_DEV/pmsg0" ]; then
		printf '%s\n' "$line" >>"$MNX_DEV/pmsg0"
	fi 2>/dev/null
	if [ -e "$MNX_RUN/stage1.log" ]; then
		printf '%s\n' "$line" >>"$MNX_RUN/stage1.log"
	else
		log_early="$log_early$line
"
	fi
}

say() {
	log 6 "$*"
}

warn() {
	log 4 "warning: $*"
}

# fail TEXT: says why a step fails; used as `fail "..."; return 1`.
fail() {
	log 3 "error: $*"
	return 1
}

# log_lines FILE: logs what commands printed, then empties the file.
log_lines() {
	local line
	[ -s "$1" ] || return 0
	while read -r line || [ -n "$line" ]; do
		log 6 "$line"
	done <"$1"
	: >"$1"
}

# log_open: starts the file with what was said so far.
log_open() {
	mkdir -p "$MNX_RUN" || return
	printf '%s' "$log_early" >"$MNX_RUN/stage1.log" || return
	log_early=''
}

# log_on_screen: shows the log from its start, and each further line. Where the kernel's own console
# is a serial line, nobody else would tell on the screen what failed. A process of its own writes there, as a screen
# whose driver hangs would keep whoever does.
log_on_screen() {
	[ ! -e "$MNX_RUN/log-on-screen.pid" ] && text_screen && ! screen_lost || return 0
	kernel_on_screen || beside log-on-screen log_follow
}

log_follow() {
	exec tail -n +1 -f "$MNX_RUN/stage1.log" >"$MNX_DEV/tty0"
}

text_screen() {
	[ -c "$MNX_DEV/tty0" ]
}

# kernel_on_screen: whether the kernel writes its log to a screen: tty0, but not ttyS0 or ttyMSM0.
kernel_on_screen() {
	local name
	[ -r "$MNX_PROC/consoles" ] || return
	while read -r name _; do
		case "$name" in
			tty[0-9]*) return 0 ;;
		esac
	done <"$MNX_PROC/consoles"
	return 1
}

# try WHAT COMMAND...: runs a command; when it fails, says what was tried and what it answered.
try() {
	local what="$1" answer
	shift
	answer=$("$@" 2>&1) && return
	warn "$what: ${answer:-$1 failed without a word}"
	return 1
}

# put VALUE FILE: writes one line to a file of the kernel; says so when the kernel refuses. With
# echo, because busybox's printf keeps the reason to itself.
put() {
	local answer=''
	{ echo "$1" >"$2"; } 2>"$MNX_RUN/put" && return
	read -r answer <"$MNX_RUN/put"
	warn "the kernel refuses '$1' in $2: ${answer##*: }"
	return 1
}

# put_known VALUE FILE: the same where the file need not be there; kernels differ.
put_known() {
	[ ! -e "$2" ] || put "$1" "$2"
}
