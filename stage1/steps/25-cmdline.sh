# shellcheck shell=sh
# 25-cmdline.sh: mnx.name=value on the kernel command line wins over /etc/mnx.conf. In init itself,
# because every later step reads the settings.
step_does='reading the command line'
step_needs='10-mounts'
step_inline=yes

step_run() {
	local before
	signals_named
	before=$named
	cmdline_apply
	signals_change "$before"
	cmdline_loader
}
