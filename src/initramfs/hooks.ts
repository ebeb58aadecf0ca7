import { UsageError } from '../binary/index.ts';
import type { Entry } from './entry.ts';
import { STAGE1_FOLDER } from './stage1.ts';

/** Shell of the user's own that runs behind a step of stage-1. */
export interface Hook {
  /** Name of the step with its number: `50-gadget`. */
  readonly step: string;
  /** File name, for the log. */
  readonly name: string;
  readonly data: Uint8Array;
}

/**
 * The files of the hooks, in the order in which they were named: several behind one step run in that
 * order (stage1/lib/steps.sh, step_hooks).
 * @throws UsageError `initramfs.hook` for a file name that a shell pattern would miss
 */
export function hookEntries(hooks: readonly Hook[]): Entry[] {
  return hooks.map(({ step, name, data }, index) => {
    if (!/^\w[\w.-]*$/.test(name)) {
      throw new UsageError('initramfs.hook', `the hook ${JSON.stringify(name)} needs a plain file name`, {
        hint: 'Letters, digits, dots and dashes.',
      });
    }
    const place = String(index).padStart(2, '0');
    const path = `${STAGE1_FOLDER}/hooks/${step}/${place}-${name.replace(/\.sh$/, '')}.sh`;
    return { type: 'file', path, mode: 0o644, data };
  });
}

/**
 * The step that a person means: with its number or without.
 * @param steps names of all steps
 * @throws UsageError `initramfs.step` naming those that there are
 */
export function stepNamed(text: string, steps: readonly string[]): string {
  const step = steps.find((name) => name === text || name.replace(/^\d+-/, '') === text);
  if (step !== undefined) return step;
  throw new UsageError('initramfs.step', `stage-1 has no step ${text}`, {
    hint: `Its steps: ${steps.join(', ')}`,
  });
}
