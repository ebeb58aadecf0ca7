import { FormatError, UsageError } from '../binary/index.ts';
import type { KernelView } from '../initramfs/index.ts';
import type { Layer } from '../inspect/index.ts';
import { readInput } from './input-file.ts';
import { visible } from './inspect-page.ts';
import { note, paint, say } from './terminal.ts';

/**
 * What a kernel would have of the ramdisk in a file: of the file itself or, where that is none, of the one
 * ramdisk that lies within it, in a boot image or in what a loader is given in its place.
 * @throws UsageError `cli.ramdisks` when there are several
 */
export async function viewOf(file: string): Promise<KernelView> {
  const { checkAsKernel } = await import('../initramfs/index.ts');
  const { stripBootconfig } = await import('../bootimg/index.ts');
  const bytes = await readInput(file);
  if (bytes.length === 0) {
    const [got, wanted] = ['an empty file', 'a ramdisk, or an image with one'];
    throw new FormatError('initramfs.empty', { field: 'ramdisk', offset: 0, got, wanted });
  }
  // A loader may have put a boot configuration behind it, which the kernel takes off first.
  const view = await checkAsKernel(stripBootconfig(bytes));
  if (view.entries.length > 0 || view.stopped === undefined) return view;
  const inside = await ramdiskInside(file, bytes);
  return inside === undefined ? view : checkAsKernel(stripBootconfig(inside));
}

/** A section that is called so, and holds an archive. */
interface Place {
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function ramdiskInside(file: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const { walkFile } = await import('../inspect/index.ts');
  const whole = await walkFile(bytes, { name: file, limit: WALK_LIMIT });
  const places = ramdisksOf(whole);
  const [only] = places;
  if (only === undefined) {
    if (whole.format !== 'data') note(`${file} is no ramdisk (${whole.title}), and none lies in it`);
    return undefined;
  }
  const names = places.map(({ path }) => path);
  if (places.length > 1) {
    throw new UsageError('cli.ramdisks', `${file} holds ${places.length} ramdisks: ${names.join(', ')}`, {
      hint: `Take it apart with \`mnx unpack ${file} -d DIR\`, and name the file of one.`,
    });
  }
  note(`${file} is no ramdisk: this is the one in it (${only.path})`);
  return only.bytes;
}

/** Kernels, whose sections may hold the ramdisk, have some 100 MiB. */
const WALK_LIMIT = 512 * 1024 * 1024;

function ramdisksOf({ inside }: Layer, above = ''): Place[] {
  return inside.flatMap((layer) => {
    const path = above === '' ? layer.name : `${above} > ${layer.name}`;
    if (/ramdisk/.test(layer.name) && layer.bytes.length > 0) return [{ path, bytes: layer.bytes }];
    return ramdisksOf(layer, path);
  });
}

/** Ends with 3 when the kernel would not have all of it. */
export function judgeView({ lost, stopped }: KernelView): void {
  if (lost.length > 0 || stopped !== undefined) process.exitCode = 3;
}

/** What the kernel loses, and where it stops. */
export function sayLosses({ lost, stopped }: KernelView): void {
  for (const { path, reason } of lost) say(`${paint('red', 'lost:')} ${visible(`${path}: ${reason}`)}`);
  if (stopped === undefined) return;
  say(`${paint('red', 'stops')} at byte ${stopped.offset}: ${visible(stopped.reason)}`);
}
