import type { UsbSpec } from '../device/index.ts';
import type { KernelConfig, ModuleIndex } from '../kernel/index.ts';
import type { Finding } from './finding.ts';

/** What a kernel has of each function: the option (drivers/usb/gadget/Kconfig), and the module. */
const FUNCTIONS: Readonly<Record<string, { readonly option: string; readonly module: string }>> = {
  acm: { option: 'USB_CONFIGFS_ACM', module: 'usb_f_acm' },
  adb: { option: 'USB_CONFIGFS_F_FS', module: 'usb_f_fs' },
  ecm: { option: 'USB_CONFIGFS_ECM', module: 'usb_f_ecm' },
  'gsi.rndis': { option: 'USB_CONFIGFS_F_GSI', module: 'usb_f_gsi' },
  ncm: { option: 'USB_CONFIGFS_NCM', module: 'usb_f_ncm' },
  rndis: { option: 'USB_CONFIGFS_RNDIS', module: 'usb_f_rndis' },
};

/** What a kernel tells of itself; a part that nobody knows is absent. */
export interface KernelTold {
  readonly config?: KernelConfig | undefined;
  readonly index?: ModuleIndex | undefined;
}

/**
 * The gadget's functions that the kernel lacks. Of the network functions one is enough. Nothing is said
 * of a kernel that does not tell, nor of gadgets that are not made by configfs.
 */
export function checkGadget(usb: UsbSpec, kernel: KernelTold): Finding[] {
  const { mode, functions, extras } = usb;
  if (mode !== 'configfs' && (mode !== 'auto' || kernel.config?.get('USB_G_ANDROID') === 'y')) return [];
  const lacks = (name: string): boolean => hasFunction(kernel, name) === false;
  const network = functions.length > 0 && functions.every(lacks);
  return [
    ...(network
      ? [lacking(functions, 'functions', 'the gadget is not plugged in: there is no SSH over the cable')]
      : []),
    ...extras.filter(lacks).map((name) => lacking([name], 'extras', `the gadget goes without ${name}`)),
  ];
}

/** Whether the kernel has the function; undefined when it does not tell. */
function hasFunction({ config, index }: KernelTold, name: string): boolean | undefined {
  const known = FUNCTIONS[name];
  if (known === undefined) return undefined;
  const composite = config?.get('USB_CONFIGFS');
  if (composite === 'y' || composite === 'm') return config?.get(known.option) === 'y';
  if (config !== undefined || index === undefined) return undefined;
  const names = [...index.modules.keys(), ...index.builtin.keys()];
  // Not every folder of modules says what is built in.
  return names.some((one) => one.startsWith('usb_f_')) ? names.includes(known.module) : undefined;
}

function lacking(names: readonly string[], where: 'functions' | 'extras', why: string): Finding {
  const options = names.map((name) => `CONFIG_${FUNCTIONS[name]?.option}=y`);
  return {
    code: 'lint.gadget',
    level: 'warning',
    what: `the kernel has no USB function ${names.join(', nor ')}`,
    where: `usb.${where}`,
    why,
    todo: `set ${options.join(' or ')} and build the kernel again, or name another in usb.${where}`,
  };
}
