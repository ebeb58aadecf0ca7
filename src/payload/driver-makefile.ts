import { UsageError } from '../binary/index.ts';
import type { Driver } from '../device/index.ts';

/**
 * The Kbuild makefile that builds the drivers from their places in the kernel tree: the sources keep
 * their paths, so that `"../common.h"` and the names in the modules' messages are the kernel's own.
 */
export function driverMakefile(drivers: readonly Driver[]): string {
  return drivers
    .flatMap(({ module, sources }) => [
      `obj-m += ${module}.o`,
      `${module}-y := ${sources.map(objectOf).join(' ')}`,
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** `drivers/clk/qcom/gcc-msm8939.c` -> `drivers/clk/qcom/gcc-msm8939.o`. */
export function objectOf(source: string): string {
  return source.replace(/\.[cS]$/, '.o');
}

/**
 * Names and paths go into a makefile, so only plain ones are taken.
 *
 * @throws UsageError `payload.driver-name` or `payload.driver-path`.
 */
export function checkDrivers(drivers: readonly Driver[]): void {
  const names = new Set<string>();
  for (const { module, sources } of drivers) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(module) || names.has(module)) {
      throw new UsageError('payload.driver-name', `"${module}" is no module name, or stands twice`, {
        hint: 'A module is named as in modprobe: letters, digits, - and _.',
      });
    }
    names.add(module);
    const bad = sources.find((source) => !isSourcePath(source));
    if (bad === undefined && sources.length > 0) continue;
    throw new UsageError('payload.driver-path', `driver ${module}: "${bad ?? ''}" is no source file`, {
      hint: 'Name .c or .S files below the kernel tree: drivers/clk/qcom/gcc-msm8939.c.',
    });
  }
}

function isSourcePath(path: string): boolean {
  const plain = /^[A-Za-z0-9_-][A-Za-z0-9._,+-]*(\/[A-Za-z0-9_-][A-Za-z0-9._,+-]*)+\.[cS]$/;
  return plain.test(path) && !path.split('/').includes('..');
}
