# shellcheck shell=sh
# 80-root.sh: the root of the real system, when the image or the command line names one.
step_does='looking for the root'
step_needs='20-log'
step_limit=$((mnx_root_wait + 30))

step_run() {
	if [ -z "$mnx_root" ]; then
		say 'no root is named: storage stays untouched'
		return 0
	fi
	if recovery_wanted; then
		say 'a shell is wanted: storage stays untouched'
		return 0
	fi
	root_up
}
