# shellcheck shell=sh
# probe.sh: how far a boot comes that shows nothing and answers nobody. A phone that starts again has
# reached the step; one that hangs has not.

# probe NAME: starts again, to the loader, when that is the step that the image was built for, `init` before all.
probe() {
	[ "$mnx_probe" = "$1" ] || return 0
	say "probe: $1 is reached; the phone starts again"
	restart_to bootloader
	# The machine goes down meanwhile; nothing further happens.
	sleep 60
}
