import { access, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { MissingError } from '../binary/index.ts';
import type { KernelPayload } from './kernel.ts';

/** As many neighbours an error names. */
const NEAREST = 3;

/**
 * The file of a device tree by its name below the kernel's folder: `qcom/msm8939-asus-z00t.dtb`.
 *
 * @throws MissingError `payload.no-dtb` with the nearest names
 */
export async function dtbPath({ dtbRoot, release, packages }: KernelPayload, name: string): Promise<string> {
  const [main] = packages;
  const kernel = main === undefined ? `kernel ${release}` : `kernel ${release} (${main.suite})`;
  if (dtbRoot === undefined) {
    throw new MissingError('payload.no-dtb', `${kernel} comes without device trees`, {
      hint: 'Name one with --dtb FILE.',
    });
  }
  const path = join(dtbRoot, posix.join('/', name));
  const present = await access(path).then(
    () => true,
    () => false,
  );
  if (present) return path;
  const near = await nearest(join(dtbRoot, posix.dirname(posix.join('/', name))), posix.basename(name));
  throw new MissingError('payload.no-dtb', `${kernel} has no device tree ${name}`, {
    hint:
      near.length === 0
        ? 'Name one with --dtb FILE.'
        : `Near it are ${near.map((file) => posix.join(posix.dirname(name), file)).join(', ')}; or name one with --dtb FILE.`,
  });
}

/** Files of the folder that share the most characters at the start. */
async function nearest(folder: string, name: string): Promise<string[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.dtb'));
  const score = (file: string): number => {
    let same = 0;
    while (same < name.length && file[same] === name[same]) same += 1;
    return same;
  };
  return files
    .filter((file) => score(file) > 0)
    .sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1))
    .slice(0, NEAREST);
}
