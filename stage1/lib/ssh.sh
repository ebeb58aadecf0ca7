# shellcheck shell=sh
# ssh.sh: dropbear, on the cable only, with keys only unless the image says otherwise.

ssh_up() {
	local key="$MNX_ETC/dropbear/dropbear_ed25519_host_key"
	if [ "$mnx_ssh" != on ]; then
		say 'SSH is off: the image has no key for it'
		return 0
	fi
	ssh_permissions
	set -- -r "$key" -p "$mnx_address:22" -P "$MNX_RUN/dropbear.pid" -E
	if [ ! -e "$key" ]; then
		warn 'the image has no host key: one is made now and is gone after this boot'
		set -- "$@" -R
	fi
	if [ "$mnx_passwordless" = yes ] && [ "$mnx_release" != yes ]; then
		ssh_passwordless
		set -- "$@" -B -b "$MNX_RUN/banner"
	else
		set -- "$@" -s
	fi
	if ! dropbear "$@" 2>"$MNX_RUN/dropbear.log"; then
		log_lines "$MNX_RUN/dropbear.log"
		fail "dropbear does not listen on $mnx_address:22"
		return
	fi
	say "log in with: ssh root@$mnx_address"
}

# ssh_permissions: dropbear ignores keys that others could have written; an overlay may bring any mode.
ssh_permissions() {
	local home="${HOME:-/root}"
	chmod go-w "$home" "$home/.ssh" "$home/.ssh/authorized_keys" 2>/dev/null
	return 0
}

# ssh_passwordless: root without a password, for whoever holds the other end of the cable.
ssh_passwordless() {
	sed -i 's/^root:[^:]*:/root::/' "$MNX_ETC/passwd"
	printf '%s\n' 'WARNING: this image lets anyone log in as root without a password.' >"$MNX_RUN/banner"
	warn 'anyone on the USB cable can log in as root without a password'
}
