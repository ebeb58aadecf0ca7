# shellcheck shell=sh
# root-nbd.sh: a root that lies on a computer at the other end of the cable (network block device):
# nbd=[ADDRESS][:PORT][/EXPORT]. What is left out is the computer that has the phone's one lease, the
# port that NBD has, and the server's only export.

# nbd_read TEXT: sets `nbd_host`, `nbd_port` and `nbd_export`, and brings the driver.
nbd_read() {
	local rest="${1%%/*}"
	nbd_host=${rest%%:*} nbd_port=10809 nbd_export='' nbd_started=''
	case "$1" in
		*/*) nbd_export=${1#*/} ;;
	esac
	case "$rest" in
		*:*) nbd_port=${rest#*:} ;;
	esac
	: "${nbd_host:=$mnx_host_address}"
	modprobe -q nbd
}

# nbd_find: connects, and sets `root_device` once the kernel has taken the connection over.
nbd_find() {
	if [ ! -d "$MNX_SYSFS/class/block/nbd0" ]; then
		nbd_answer='the kernel has no nbd: CONFIG_BLK_DEV_NBD is missing, or its module is not in the image'
		return 1
	fi
	if [ -z "$nbd_started" ]; then
		nbd_connect || return
		nbd_started=yes
	fi
	[ -e "$MNX_SYSFS/class/block/nbd0/pid" ] || return
	root_device=$MNX_DEV/nbd0
	remember nbd "$nbd_host:$nbd_port"
}

# nbd_connect: the client stays in the background, and through the hand-over. The name by which it is
# called starts with @: that is how systemd knows the processes that the root stands on, and lets them
# live to the end (systemd, ROOT_STORAGE_DAEMONS). Blocks of 512 bytes are what file systems with small
# blocks and partition tables need.
nbd_connect() {
	local folder="$MNX_RUN/@"
	if [ ! -e "$folder/nbd-client" ]; then
		mkdir -p "$folder"
		ln -s "$MNX_BUSYBOX" "$folder/nbd-client"
	fi
	nbd_answer="$nbd_host:$nbd_port: $(cd "$MNX_RUN" && timeout 5 @/nbd-client -b 512 ${nbd_export:+-N "$nbd_export"} "$nbd_host" "$nbd_port" "$MNX_DEV/nbd0" 2>&1)"
}
