# shellcheck shell=sh
# root-spec.sh: how a root is named: SOURCE[,OPTION]..., in mnx.conf and on the command line. The same
# is read at build time (src/device/root-spec.ts). A comma ends a name.

# root_spec TEXT: sets `root_source`, `root_loop`, `root_subpart`, `root_mapping`, `root_fsck`, `root_resize`
# and `root_ro`; empty is what was not said, and `root_part`, the partition that root_partition finds.
# False when the text names no root.
root_spec() {
	local rest="$1," option
	root_source=${1%%,*}
	rest=${rest#*,}
	root_loop='' root_subpart='' root_mapping='' root_fsck='' root_resize='' root_ro='' root_part=''
	case "$root_source" in
		LABEL=?* | UUID=?* | PARTLABEL=?* | PARTUUID=?* | /dev/?* | nbd=*) ;;
		*)
			root_misread 'it can be LABEL=, UUID=, PARTLABEL=, PARTUUID=, a path in /dev or nbd='
			return
			;;
	esac
	while [ -n "$rest" ]; do
		option=${rest%%,*}
		rest=${rest#*,}
		root_option "$option" || return
	done
}

# root_option WORD
root_option() {
	case "$1" in
		loop=/?*) root_loop=${1#*=} ;;
		subpart=?*) root_subpart=${1#*=} ;;
		fsck) root_fsck=yes ;;
		resize) root_resize=yes ;;
		ro) root_ro=yes ;;
		luks=?*) root_mapping=${1#*=} ;;
		# Said for the build: a locked volume is recognised.
		luks) ;;
		*) root_misread "there is no option $1" ;;
	esac
}

root_misread() {
	fail_with root-not-found "mnx_root is $mnx_root: $1"
}
