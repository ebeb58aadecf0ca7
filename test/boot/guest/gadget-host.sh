#!/bin/sh
# gadget-host.sh: plays the computer at the other end of the cable, inside the emulated phone.
# dummy_hcd makes the gadget appear on the phone's own bus; its host side moves into a network
# namespace of its own, asks for an address there and talks to the phone. Prints what it got:
#   driver cdc_ncm
#   lease 172.16.42.2/24 router= dns=
#   ping yes
#   ssh SSH-2.0-dropbear...
# and then runs its arguments in that namespace.

# host_interface: the network interface whose driver is one of the USB host's.
host_interface() {
	local net driver
	for net in /sys/class/net/*; do
		driver=$(readlink "$net/device/driver") || continue
		case "${driver##*/}" in
			cdc_ncm | cdc_ether | rndis_host)
				interface=${net##*/} driver=${driver##*/}
				echo "driver $driver"
				return 0
				;;
		esac
	done
	return 1
}

tries=0
until host_interface; do
	tries=$((tries + 1))
	if [ "$tries" -gt 300 ]; then
		echo 'no host side: is dummy_hcd loaded, and the driver of the function?'
		exit 1
	fi
	sleep 0.2
done

unshare -n sleep 86400 </dev/null >/dev/null 2>&1 &
computer=$!
tries=0
# The namespace is there a moment after its process.
until [ "$(readlink "/proc/$computer/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do
	tries=$((tries + 1))
	[ "$tries" -gt 600 ] && exit 1
	sleep 0.1
done
ip link set dev "$interface" netns "$computer" || exit 1
inside() {
	nsenter -t "$computer" -n "$@"
}

cat >/tmp/lease.sh <<'END'
#!/bin/sh
if [ "$1" = bound ]; then
	ip addr add "$ip/$mask" dev "$interface"
	echo "lease $ip/$mask router=$router dns=$dns"
fi
END
chmod +x /tmp/lease.sh

# carried: whether the link has come up. cdc_ether learns that from one message of the gadget, which the
# emulated bus loses now and then; the phone's end, taken down and up, sends it again.
carried() {
	tries=0
	until inside ip link show dev "$interface" | grep -q LOWER_UP; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] || return
		sleep 0.1
	done
}

# ask SECONDS: a lease; network managers go on asking, and so does this on a slow machine.
ask() {
	inside ip link set dev "$interface" up
	inside udhcpc -i "$interface" -n -q -f -t "$1" -T 1 -s /tmp/lease.sh 2>/tmp/udhcpc.log
}

inside ip link set dev "$interface" up
if ! carried; then
	phone=$(cat /run/mnx/interface)
	ip link set dev "$phone" down
	ip link set dev "$phone" up
fi
if ! ask 15; then
	cat /tmp/udhcpc.log
	inside ip addr show dev "$interface"
	ip addr show
	inside ip link set dev "$interface" down
	ask 30 || cat /tmp/udhcpc.log
fi
if inside ping -c 3 -W 10 172.16.42.1 >/dev/null; then
	echo 'ping yes'
else
	echo 'ping no'
fi
echo "ssh $(inside timeout 60 nc 172.16.42.1 22 </dev/null | head -n 1)"
if [ "$#" -gt 0 ]; then
	inside "$@"
fi
