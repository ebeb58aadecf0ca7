# shellcheck shell=sh
# random.sh: numbers that nobody can guess. From Linux 3.17 on dropbear waits in the kernel until that has some, and
# says nothing. Before Linux 5.4, which makes them from the processor's jitter, a phone whose kernel trusts no
# generator of its own has them after minutes, from what interrupts it. Nothing is counted as random here that the
# kernel does not count itself: a seed in the image, a serial number or a clock would be known to others.

# random_ready: whether the kernel has them: getrandom(2) says EAGAIN (11) until then when it shall not wait
# (GRND_NONBLOCK, 1). A kernel that has no such call makes nobody wait.
random_ready() {
	syscall getrandom @ 1 1 >/dev/null 2>&1
	[ "$?" != 11 ]
}

# random_wait SECONDS: false when there are none by then.
random_wait() {
	[ -x "$MNX_SYSCALL" ] || return 0
	random_ready && return
	say 'SSH needs random numbers, and the kernel has none yet'
	# A driver of a generator may have come late.
	coldplug
	beside random random_stir
	clock_extend "$1"
	splash_message random
	wait_until "$1" "random numbers ($(random_bits)): keys, touches and what the cable carries bring them" random_ready
}

# random_bits: prints how many the kernel reckons with.
random_bits() {
	local bits='' size=''
	{ read -r bits <"$MNX_PROC/sys/kernel/random/entropy_avail"; } 2>/dev/null
	{ read -r size <"$MNX_PROC/sys/kernel/random/poolsize"; } 2>/dev/null
	echo "${bits:-?} of ${size:-?} bits"
}

# random_stir: a process that waits is what makes Linux 5.4 and later start on the jitter. Before, what a generator
# gives goes into the pool, where its driver leaves that to programs; it is not counted.
random_stir() {
	if [ -c "$MNX_DEV/hwrng" ]; then
		timeout 5 dd if="$MNX_DEV/hwrng" of="$MNX_DEV/urandom" bs=64 count=8
	fi
	syscall getrandom @ 1 0
}
