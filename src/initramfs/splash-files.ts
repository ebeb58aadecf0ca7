import { utf8 } from '../binary/index.ts';
import { gzip, lzop } from '../compress/index.ts';

/** Words and bars are small and many: what level 9 saves is seen. */
const LEVEL = 9;

/**
 * The files of a splash, each compressed on its own, so that the phone expands what it shows, and keeps
 * kilobytes in memory instead of eight megabytes a frame. What makes the first picture is packed by lzop:
 * its 4.7 MB take a third of the time that gunzip takes, and no more room in the compressed archive.
 *
 * @param parts the boot picture and its moving parts in the panel's format, by name: `ground`, `boot@256-1344`
 * @param animation what of it is played in a loop: a line per frame, name and seconds
 */
export async function packSplash(
  parts: ReadonlyMap<string, Uint8Array>,
  animation?: string,
): Promise<Map<string, Uint8Array>> {
  const packed = [...parts].map(async ([name, rows]): Promise<readonly [string, Uint8Array]> => {
    if (/^(?:ground$|boot@)/.test(name)) return [`${name}.lzo`, lzop(rows)];
    return [`${name}.gz`, await gzip([rows], { level: LEVEL })];
  });
  const files = new Map(await Promise.all(packed));
  if (animation !== undefined) files.set('animation', utf8(animation));
  return files;
}
