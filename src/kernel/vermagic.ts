import { FormatError } from '../binary/index.ts';

/**
 * Whether a module's vermagic is the kernel's, as same_magic() in kernel/module/version.c compares
 * when the kernel has no CONFIG_MODVERSIONS: the whole string, release included.
 *
 * @throws FormatError `kernel.vermagic` naming both strings
 */
export function checkVermagic(module: string, got: string | undefined, wanted: string): void {
  if (got?.trim() === wanted.trim()) return;
  throw new FormatError(
    'kernel.vermagic',
    { field: `${module} .modinfo vermagic`, offset: 0, got: got ?? 'no vermagic', wanted },
    { hint: 'The kernel refuses this module; build it against the headers of exactly this kernel.' },
  );
}
