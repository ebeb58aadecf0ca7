# shellcheck shell=sh
# mounts.sh: the kernel's own file systems. Nothing here touches storage.

# mount_kernel TYPE FOLDER [OPTIONS]: mounts one of them unless something is mounted there.
mount_kernel() {
	[ -d "$2" ] || mkdir -p "$2"
	is_mounted "$2" && return
	try "mounting $1 on $2" mount -t "$1" -o "${3:-nosuid,noexec}" "$1" "$2"
}

# is_mounted FOLDER
is_mounted() {
	local folder
	[ -r "$MNX_PROC/mounts" ] || return 1
	while read -r _ folder _; do
		[ "$folder" = "$1" ] && return 0
	done <"$MNX_PROC/mounts"
	return 1
}

# install_applets: an image may carry busybox alone. It finds itself, and so its commands, through
# /proc.
install_applets() {
	[ -e "${MNX_BUSYBOX%/*}/mount" ] && return
	"$MNX_BUSYBOX" mkdir -p "$MNX_PROC"
	"$MNX_BUSYBOX" mount -t proc proc "$MNX_PROC"
	"$MNX_BUSYBOX" --install -s "${MNX_BUSYBOX%/*}"
}

# mount_dev: device nodes come from the kernel; where it has no devtmpfs (many 3.x phones), from
# busybox mdev: those of today at once, those to come through the hot-plug helper.
mount_dev() {
	is_mounted "$MNX_DEV" && return
	mkdir -p "$MNX_DEV"
	mount -t devtmpfs -o nosuid,mode=0755 devtmpfs "$MNX_DEV" >/dev/null 2>&1 && return
	# Without tmpfs either, the nodes stand in the initramfs itself.
	mount_kernel tmpfs "$MNX_DEV" nosuid,mode=0755
	make_node console 5 1 && make_node null 1 3 && make_node kmsg 1 11 || return
	say 'the kernel has no devtmpfs: mdev makes the device nodes'
	hotplug_start mdev
	try 'making device nodes' mdev -s
}

# make_node NAME MAJOR MINOR: a character device that must be there before mdev can work.
make_node() {
	[ -c "$MNX_DEV/$1" ] || try "making $MNX_DEV/$1" mknod "$MNX_DEV/$1" c "$2" "$3"
}

# mount_all: what every program expects. False when one is missing without which nothing works.
mount_all() {
	local status=0
	install_applets
	mount_kernel proc "$MNX_PROC" nosuid,nodev,noexec || status=1
	mount_kernel sysfs "$MNX_SYSFS" nosuid,nodev,noexec || status=1
	mount_kernel tmpfs "${MNX_RUN%/*}" nosuid,nodev,mode=0755
	mkdir -p "$MNX_RUN"
	mount_dev || status=1
	mount_kernel devpts "$MNX_DEV/pts" nosuid,noexec,gid=5,mode=620
	link_standard_files
	return "$status"
}

# link_standard_files: /dev/fd and its three names; devtmpfs has none of them.
link_standard_files() {
	[ -e "$MNX_DEV/fd" ] && return
	ln -s /proc/self/fd "$MNX_DEV/fd"
	ln -s /proc/self/fd/0 "$MNX_DEV/stdin"
	ln -s /proc/self/fd/1 "$MNX_DEV/stdout"
	ln -s /proc/self/fd/2 "$MNX_DEV/stderr"
}

# mount_configfs: its mount point appears with the module.
mount_configfs() {
	[ -d "$MNX_CONFIGFS/usb_gadget" ] && return
	[ -d "$MNX_CONFIGFS" ] || modprobe -q configfs
	modprobe -q libcomposite
	if [ ! -d "$MNX_CONFIGFS" ]; then
		fail 'the kernel has no configfs: CONFIG_USB_CONFIGFS is missing, or the module configfs is not in the image'
		return
	fi
	mount_kernel configfs "$MNX_CONFIGFS" nosuid,nodev,noexec || return
	if [ ! -d "$MNX_CONFIGFS/usb_gadget" ]; then
		fail 'configfs knows no gadgets: the module libcomposite is neither built in nor in the image'
		return
	fi
}
