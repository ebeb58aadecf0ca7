# shellcheck shell=sh
# failed.sh: run like a step when stage-1 ends and something has failed.
step_name=failed
step_does='showing what failed'
step_limit=60

step_run() {
	failure_disk
}
