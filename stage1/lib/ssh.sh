# shellcheck shell=sh
# ssh.sh: dropbear, on the cable only, with keys only unless the image says otherwise.

ssh_up() {
	local key
	if [ "$mnx_ssh" != on ]; then
		say 'SSH is off: the image has no key for it'
		return 0
	fi
	if ! random_wait 15; then
		late_start random
		fail_with random "the kernel has no random numbers ($(random_bits)); SSH starts by itself when it has: press keys, touch the screen"
		return 1
	fi
	ssh_permissions
	set --
	for key in "$MNX_ETC"/dropbear/dropbear_*_host_key; do
		[ ! -e "$key" ] || set -- "$@" -r "$key"
	done
	if [ "$#" = 0 ]; then
		key="$MNX_ETC/dropbear/dropbear_ed25519_host_key"
		if ssh_make_key "$key"; then
			set -- -r "$key"
		else
			# dropbear makes one itself, at the first log-in and without a word.
			set -- -R
		fi
	fi
	set -- "$@" -p "$mnx_address:22" -P "$MNX_RUN/dropbear.pid" -E
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

# ssh_make_key FILE: an identity for this boot; its fingerprint is said for people to compare.
ssh_make_key() {
	local out="$MNX_RUN/dropbearkey.log" line
	warn 'the image has no host key: one is made now and is gone after this boot'
	mkdir -p "${1%/*}"
	if ! dropbearkey -t ed25519 -f "$1" >"$out" 2>&1; then
		log_lines "$out"
		return 1
	fi
	while read -r line; do
		case "$line" in
			Fingerprint:*) remember host-key "${line#Fingerprint: }" ;;
		esac
	done <"$out"
	rm -f "$out"
	recall host-key && say "the phone's host key is $recalled: compare it when ssh asks"
	return 0
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
