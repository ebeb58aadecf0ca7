import { UsageError } from '../binary/index.ts';
import { type Device, isRootFault, parseRoot, ROOT_FORMS, type RootSpec } from '../device/index.ts';
import type { Conf } from '../initramfs/index.ts';

/** How control goes over to the real system; `shell` only mounts it and stays. */
export type Stage2Method = 'switch-root' | 'kexec' | 'shell';

export interface Stage2Plan {
  readonly method: Stage2Method;
  /** Where the root of the real system is; absent: stage-1 stays up, unless the command line names one. */
  readonly root: string | undefined;
  /** Program that is started there. */
  readonly init: string;
}

/** What the user says beside the device file. */
export interface Stage2Request {
  readonly root?: string;
  readonly method?: Stage2Method;
}

/**
 * Decides how stage-1 ends. The root is the user's, else the device's; the method is the user's, else
 * the device's first.
 *
 * @throws UsageError `stage2.root` for a root that stage-1 could not find; `stage2.method` for a
 * method that the device cannot do, with its reason; `stage2.no-root` for a hand-over to nothing.
 */
export function stage2Plan(device: Device, { root = device.root, method }: Stage2Request = {}): Stage2Plan {
  if (root !== undefined) readRoot(root);
  const { methods, init } = device.stage2;
  if (method !== undefined && method !== 'shell') {
    if (!methods.includes(method)) throw unable(device, method);
    if (root === undefined) throw noRoot(method);
  }
  return { method: method ?? methods[0] ?? 'switch-root', root, init };
}

/** The plan as settings of /etc/mnx.conf. */
export function stage2Conf({
  method,
  root,
  init,
}: Stage2Plan): Pick<Conf, 'mnx_root' | 'mnx_stage2' | 'mnx_init'> {
  return { mnx_root: root ?? '', mnx_stage2: method, mnx_init: init };
}

/**
 * Reads where the root is.
 * @throws UsageError `stage2.root` when stage-1 could not find it.
 */
export function readRoot(text: string): RootSpec {
  const root = parseRoot(text);
  if (isRootFault(root)) throw new UsageError('stage2.root', root.what, { hint: root.hint });
  return root;
}

function unable(device: Device, method: Stage2Method): UsageError {
  const { methods, reason } = device.stage2;
  const because = reason === undefined ? '' : `: ${reason}`;
  return new UsageError('stage2.method', `${device.id} cannot do ${method}${because}`, {
    hint: `It can do ${[...methods, 'shell'].join(', ')}.`,
  });
}

function noRoot(method: Stage2Method): UsageError {
  return new UsageError('stage2.no-root', `--stage2 ${method} needs to know the root of the real system`, {
    hint: `Name it: --root ${ROOT_FORMS}.`,
  });
}
