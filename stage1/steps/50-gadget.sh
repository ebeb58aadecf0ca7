# shellcheck shell=sh
# 50-gadget.sh: a network card on the computer's USB port. Needs a USB device controller.
step_does='plugging in the USB gadget'
step_needs='20-log'
step_limit=30

step_run() {
	gadget_up
}
