#!/bin/sh
# bound-nodes.sh: what the running kernel made of its device tree. Prints one line per device that
# has a node: its path, and its driver or "-"; then the nodes of devices that wait:
#   node /pl011@9000000 uart-pl011
#   waits /clocked-phy
base=/sys/firmware/devicetree/base
# The kernel gives up on drivers that are not there ten seconds after the last one came.
read -r up _ </proc/uptime
rest=$((30 - ${up%.*}))
[ "$rest" -gt 0 ] && sleep "$rest"
mount -t debugfs debugfs /sys/kernel/debug

# node_of DEVICE: sets `node` to the path of its node in the tree.
node_of() {
	node=$(readlink -f "$1/of_node") || return
	case "$node" in
		"$base"/*) node=${node#"$base"} ;;
		*) return 1 ;;
	esac
}

for device in /sys/bus/*/devices/*; do
	node_of "$device" || continue
	driver=$(readlink "$device/driver")
	driver=${driver##*/}
	echo "node $node ${driver:--}"
done

# A regulator whose own supply is missing has a driver, yet is none: a device of its own waits for it.
while read -r name _; do
	for device in /sys/bus/*/devices/"$name"; do
		device=$(readlink -f "$device")
		until node_of "$device"; do
			device=${device%/*}
			[ "$device" = /sys ] && break
		done
		echo "waits $node"
	done
done </sys/kernel/debug/devices_deferred
