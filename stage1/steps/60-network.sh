# shellcheck shell=sh
# 60-network.sh: addresses. Goes on without the gadget where the device has a wired interface.
step_does='bringing the network up'
step_needs='20-log'
step_limit=15

step_run() {
	network_up
}
