# shellcheck shell=sh
# 70-ssh.sh: the way in for people, over the cable.
step_does='starting SSH'
step_needs='60-network'
step_limit=15

step_run() {
	ssh_up
}
