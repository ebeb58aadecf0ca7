# shellcheck shell=sh
# hook.sh: a file of the user's own as a step, behind the step that it was named for. The clock
# watches it as it watches any other; `hook_file` is set by step_hooks.

step_name=$step_hooked:${hook_file##*/}
step_does="the hook ${hook_file##*/}"

step_run() {
	. "$hook_file"
}
