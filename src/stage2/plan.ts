import { UsageError } from '../binary/index.ts';
import type { Device } from '../device/index.ts';
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

/** Ways of naming a root that stage1/lib/root.sh finds, and what their value looks like. */
const ROOT_SPECS: readonly (readonly [prefix: string, value: RegExp, wanted: string])[] = [
  ['LABEL=', /^.{1,255}$/u, 'a file system label'],
  ['UUID=', /^[0-9A-Fa-f]+(-[0-9A-Fa-f]+)*$/, 'hex digits and dashes'],
  ['PARTLABEL=', /^.{1,36}$/u, 'a partition label of at most 36 characters'],
  ['PARTUUID=', /^[0-9A-Fa-f]+(-[0-9A-Fa-f]+)*$/, 'hex digits and dashes'],
  ['/dev/', /^[^/\s]+(\/[^/\s]+)*$/, 'a device path'],
];

/**
 * Decides how stage-1 ends. The root is the user's, else the device's; the method is the user's, else
 * the device's first.
 *
 * @throws UsageError `stage2.root` for a root that stage-1 could not find; `stage2.method` for a
 * method that the device cannot do, with its reason; `stage2.no-root` for a hand-over to nothing.
 */
export function stage2Plan(device: Device, { root = device.root, method }: Stage2Request = {}): Stage2Plan {
  if (root !== undefined) checkRoot(root);
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

function checkRoot(root: string): void {
  const spec = ROOT_SPECS.find(([prefix]) => root.startsWith(prefix));
  if (spec === undefined) {
    throw new UsageError('stage2.root', `${JSON.stringify(root)} names no root`, {
      hint: 'Use LABEL=name, UUID=id, PARTLABEL=name, PARTUUID=id or /dev/name.',
    });
  }
  const [prefix, value, wanted] = spec;
  const rest = root.slice(prefix.length);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (!value.test(rest) || /[\x00-\x1f\x7f]/.test(rest) || rest.split('/').includes('..')) {
    throw new UsageError(
      'stage2.root',
      `${JSON.stringify(root)}: behind ${prefix} stands no ${wanted.replace(/^an? /, '')}`,
      {
        hint: `Write ${prefix} and ${wanted}.`,
      },
    );
  }
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
    hint: 'Name it: --root LABEL=name, UUID=id, PARTLABEL=name, PARTUUID=id or /dev/name.',
  });
}
