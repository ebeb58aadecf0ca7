# shellcheck shell=sh
# syscall.sh: what no applet of busybox does, by mnx-syscall (src/initramfs/syscall.ts).

# syscall NAME ARGUMENT...: numbers in decimal, strings, @ for a buffer that is printed as far as the call
# filled it. Ends with the kernel's errno.
syscall() {
	local number
	syscall_number "$1" || return
	shift
	"$MNX_SYSCALL" "$number" "$@"
}

# syscall_number NAME: sets `number`: include/uapi/asm-generic/unistd.h, and syscall.tbl of arm and x86.
syscall_number() {
	case "$mnx_arch,$1" in
		aarch64,ioctl) number=29 ;;
		aarch64,reboot) number=142 ;;
		armv7*,ioctl) number=54 ;;
		armv7*,reboot) number=88 ;;
		x86_64,ioctl) number=16 ;;
		x86_64,reboot) number=169 ;;
		aarch64,getrandom) number=278 ;;
		armv7*,getrandom) number=384 ;;
		x86_64,getrandom) number=318 ;;
		aarch64,rt_sigaction) number=134 ;;
		armv7*,rt_sigaction) number=174 ;;
		x86_64,rt_sigaction) number=13 ;;
		*)
			warn "no number of the system call $1 is known for $mnx_arch"
			return 38
			;;
	esac
}
