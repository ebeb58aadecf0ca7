# shellcheck shell=sh
# network.sh: the cable to the computer: one address here, one lease there, no route, no name
# server, so that nothing on the computer's other networks changes.

# network_up: the gadget's interface, and the wired one of boards and emulated phones.
network_up() {
	local gadget='' status=0
	ip link set dev lo up
	recall interface && gadget=$recalled
	if [ -n "$mnx_wired_interface" ]; then
		wired_up || status=1
	fi
	if [ -n "$gadget" ]; then
		address_add "$gadget" "$mnx_address" 24 && dhcp_start "$gadget" || status=1
	elif [ -n "$mnx_wired_interface" ] && [ "$status" -eq 0 ]; then
		say "no gadget: $mnx_address goes to $mnx_wired_interface"
		address_add "$mnx_wired_interface" "$mnx_address" 32 || status=1
	else
		fail 'no network interface'
		status=1
	fi
	return "$status"
}

# network_again: behind a gadget that was unplugged. Most kernels keep its interface meanwhile; one that makes it
# when the gadget is bound brings another of the same name, without an address, which no DHCP server hears.
network_again() {
	local interface
	recall interface || return 0
	interface=$recalled
	if ! wait_until 3 "the interface $interface" [ -d "$MNX_SYSFS/class/net/$interface" ]; then
		warn "the interface $interface does not come back"
		return
	fi
	case "$(ip addr show dev "$interface")" in
		*" $mnx_address/"*) return 0 ;;
	esac
	stop_recalled udhcpd.pid
	address_add "$interface" "$mnx_address" 24 && dhcp_start "$interface"
}

wired_up() {
	if ! wait_until 3 "the interface $mnx_wired_interface" interface_there "$mnx_wired_interface"; then
		fail "no interface $mnx_wired_interface: its driver is missing or found no device"
		return
	fi
	address_add "$mnx_wired_interface" "$mnx_wired_address" "$mnx_wired_prefix"
}

interface_there() {
	[ -d "$MNX_SYSFS/class/net/$1" ] || {
		coldplug
		return 1
	}
}

# address_add INTERFACE ADDRESS PREFIX
address_add() {
	try "bringing $1 up" ip link set dev "$1" up || return
	try "giving $1 the address $2" ip addr add "$2/$3" dev "$1" || return
	say "$1 has $2/$3"
}

# dhcp_conf INTERFACE: prints udhcpd's settings. The lease is short: a phone that moves to another
# computer must have its one address free again.
dhcp_conf() {
	printf '%s\n' "interface $1" "start $mnx_host_address" "end $mnx_host_address" 'max_leases 1' \
		"lease_file $MNX_RUN/udhcpd.leases" "pidfile $MNX_RUN/udhcpd.pid" 'auto_time 0' 'min_lease 30' \
		'option subnet 255.255.255.0' 'option lease 120'
}

dhcp_start() {
	dhcp_conf "$1" >"$MNX_RUN/udhcpd.conf"
	: >"$MNX_RUN/udhcpd.leases"
	try 'starting the DHCP server' udhcpd "$MNX_RUN/udhcpd.conf" || return
	say "the computer gets $mnx_host_address by DHCP"
}
