# shellcheck shell=sh
# adb.sh: Android's debug bridge as a function of the gadget: files and a shell, as root and without
# a key, for whoever holds the other end of the cable. So it is there in a --debug image alone. The
# function is adbd's, which describes it to the kernel through a file system (FunctionFS).

# adb_ready: starts adbd; true when the gadget may be bound with its function. Called when the kernel
# has the function.
adb_ready() {
	local ffs="$MNX_DEV/usb-ffs/adb"
	if [ "$mnx_debug" != yes ] || [ "$mnx_release" = yes ]; then
		warn 'adb opens a shell to anyone on the cable: only an image that was built with --debug has it'
		return 1
	fi
	adb_runs "$ffs" && return
	# Without adbd the function would keep the gadget from being bound, and the network with it.
	if ! command -v adbd >/dev/null; then
		warn 'the image has no adbd'
		return 1
	fi
	if ! kernel_since 3 15; then
		warn 'adb needs a kernel of 3.15 or later: those before have no asynchronous FunctionFS'
		return 1
	fi
	adb_mount "$ffs" || return
	wait_until 3 'the adbd before' adb_idle "$ffs"
	beside_log=$MNX_RUN/adbd.log
	beside adbd adbd
	beside_log=''
	if ! wait_until 5 'adbd' [ -e "$ffs/ep1" ]; then
		log_lines "$MNX_RUN/adbd.log"
		warn 'adbd does not describe its function to the kernel'
		adb_forget
		return 1
	fi
	warn 'anyone on the USB cable is root by adb, without a key'
}

# adb_runs FOLDER: a gadget is tried with one network function after the other.
adb_runs() {
	[ -e "$1/ep1" ] && recall adbd.pid && kill -0 "$recalled" 2>/dev/null
}

# adb_idle FOLDER: the endpoints go when adbd is gone.
adb_idle() {
	[ ! -e "$1/ep1" ]
}

# adb_mount FOLDER: the gadget stays bound when adbd ends, or stage-1 would lose its network by the
# way to the real system; kernels below 4.0 have no word for that.
adb_mount() {
	is_mounted "$1" && return
	mkdir -p "$1"
	mount -t functionfs -o no_disconnect=1 adb "$1" 2>/dev/null && return
	try "mounting the function adb on $1" mount -t functionfs adb "$1"
}

# adb_watch: starts an adbd again that ends by itself. The gadget is unplugged for that, as the kernel lets
# nobody describe the function of a gadget that is plugged in. One that has ended five times stays away, or
# the network would come and go for ever.
adb_watch() {
	local times
	while sleep 2 && recall adbd.pid; do
		kill -0 "$recalled" 2>/dev/null && continue
		recall adb-ended
		times=$((${recalled:-0} + 1))
		remember adb-ended "$times"
		log_lines "$MNX_RUN/adbd.log"
		if [ "$times" -gt 5 ]; then
			warn 'adbd has ended for the sixth time: it is left alone'
			return
		fi
		warn 'adbd has ended by itself: it is started again'
		# What is stopped for that is not this process; another one watches the new adbd.
		rm -f "$MNX_RUN/adb-watch.pid"
		gadget_again
		return
	done
}

adb_watch_start() {
	beside adb-watch adb_watch
}

adb_stop() {
	stop_recalled adb-watch.pid
	stop_recalled adbd.pid
}

# adb_again GADGET: before it is plugged in once more, since the kernel binds no function that nobody
# describes.
adb_again() {
	if [ -L "$1/configs/c.1/ffs.adb" ] && ! adb_ready; then
		rm "$1/configs/c.1/ffs.adb"
	fi
	return 0
}

# adb_forget: the function goes with its gadget, as soon as adbd is gone.
adb_forget() {
	adb_stop
	is_mounted "$MNX_DEV/usb-ffs/adb" || return 0
	wait_until 3 'adbd to end' umount "$MNX_DEV/usb-ffs/adb"
}
