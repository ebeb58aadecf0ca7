# shellcheck shell=sh
# 75-keys.sh: whether somebody wants a shell before storage is touched.
step_does='looking whether a shell is wanted'
step_needs='20-log'
step_limit=10

step_run() {
	recovery_look
}
