import { THEMES } from '../splash/index.ts';
import { buildKey } from './build-cache.ts';
import type { Gathered } from './gather.ts';
import type { Plan } from './plan.ts';
import type { BuildRequest } from './request.ts';

/** What of the gathered inputs names a build. */
export type Named = Pick<Gathered, 'inputs'> & {
  readonly kernel: Pick<Gathered['kernel'], 'stamp'>;
  readonly firmware: Pick<NonNullable<Gathered['firmware']>, 'stamp'> | undefined;
  readonly trees: Pick<Gathered['trees'], 'inputs'>;
};

/**
 * Names a build by all that shapes it: the device as merged, the plan without folders, the hash of
 * every input, and the kernel's stamp, which knows of rebuilt modules. Equal files share a name
 * wherever they lie.
 */
export function buildKeyOf(request: BuildRequest, plan: Plan, gathered: Named): string {
  const { device, force, headerVersion, machineDtb } = request;
  const { kernel, dtb, ramdisk, overlay, hooks, splash, ssh, avb, firmware, sysroot, ...rest } = plan;
  const { because: _because, hostKey: _hostKey, ...access } = ssh;
  return buildKey({
    device: { ...device, sources: [] },
    plan: {
      ...rest,
      kernel: kernel.from,
      dtb: dtb.from,
      ramdisk: ramdisk !== undefined,
      overlay: overlay !== undefined,
      hooks: hooks.map(({ step }) => step),
      splash:
        splash === undefined
          ? undefined
          : { own: splash.picture !== undefined, theme: themeName(splash.theme), banner: splash.banner },
      ssh: access,
      firmware: firmware.packages,
      sysroot: sysroot?.programs,
      avb: avb === undefined ? undefined : { ...avb, key: undefined },
    },
    inputs: gathered.inputs,
    kernel: gathered.kernel.stamp,
    firmware: gathered.firmware?.stamp,
    // Inputs are sorted; device trees are packed in the order in which they were named.
    trees: gathered.trees.inputs,
    machine: machineDtb !== undefined,
    force,
    headerVersion,
  });
}

/** A theme of the user's own is known by the hash of its folder. */
function themeName(theme: string | undefined): string | undefined {
  return theme === undefined || THEMES.includes(theme) ? theme : 'own';
}
