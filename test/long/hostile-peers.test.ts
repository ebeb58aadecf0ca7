import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { victims } from '../bootimg/hostile-cases.ts';
import { haveMkbootimg, tool } from '../golden/mkbootimg-tool.ts';
import { outcomeOf, type Victim } from '../inspect/victim.ts';

const installed = haveMkbootimg();
const folder = mkdtempSync(join(tmpdir(), 'mnx-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs unpack_bootimg over files in one interpreter and says of each: read, refused in words, or a traceback. */
const RUN_ALL = `
import contextlib, io, json, runpy, shutil, sys
path = shutil.which(sys.argv[1])
out = sys.argv[2]
results = []
for name in json.load(sys.stdin):
    sys.argv = [path, '--boot_img', name, '--out', out]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(path, run_name='__main__')
        results.append('read')
    except SystemExit as end:
        results.append('read' if end.code in (0, None) else 'refused')
    except ValueError as error:
        results.append('refused' if type(error) is ValueError else 'traceback')
    except BaseException:
        results.append('traceback')
print(json.dumps(results))
`;

type PeerResult = 'read' | 'refused' | 'traceback';

interface Hostile {
  readonly victim: Victim;
  readonly bytes: Uint8Array;
  readonly truncated: boolean;
}

const SIZES = [0, 1, 3, 0x7fffffff, 0x80000000, 0xfffff001, 0xffffffff];
const STEP = 12;

function hostileFiles(victim: Victim): Hostile[] {
  const { bytes, header, boundaries, sizes } = victim;
  const ends = new Set(boundaries);
  for (let end = 0; end < header; end += STEP) ends.add(end);
  const cut = [...ends].map((end) => ({ victim, bytes: bytes.subarray(0, end), truncated: true }));
  const resized = sizes.flatMap((at) =>
    SIZES.map((size) => {
      const copy = bytes.slice();
      new DataView(copy.buffer).setUint32(at, size, true);
      return { victim, bytes: copy, truncated: false };
    }),
  );
  return [...cut, ...resized];
}

describe.skipIf(!installed)('hostile files, beside AOSP unpack_bootimg', () => {
  const files = victims()
    .filter(({ name }) => /^(boot|vendor_boot) v/.test(name))
    .flatMap(hostileFiles);

  it('are all refused in words or read without loss here; the peer dies of many and takes cut ones', () => {
    const names = files.map(({ bytes }, i) => {
      const name = join(folder, `${i}.img`);
      writeFileSync(name, bytes);
      return name;
    });
    mkdirSync(join(folder, 'out'));
    const args = ['-c', RUN_ALL, tool('unpack_bootimg'), join(folder, 'out')];
    const stdout = execFileSync('python3', args, { input: JSON.stringify(names), encoding: 'utf8' });
    const peer = JSON.parse(stdout) as PeerResult[];
    const here = files.map(({ victim, bytes }, i) => outcomeOf(victim.format, bytes, `file ${i}`));
    const count = (results: readonly string[], wanted: string, truncated?: boolean): number =>
      results.filter(
        (result, i) => result === wanted && (truncated ?? files[i]?.truncated) === files[i]?.truncated,
      ).length;
    console.log(
      `${files.length} hostile files: unpack_bootimg ${count(peer, 'traceback')} tracebacks, ` +
        `${count(peer, 'read', true)} cut files accepted; mnx 0 tracebacks, ` +
        `${count(here, 'accepted', true)} cut files accepted`,
    );
    expect(peer).toHaveLength(files.length);
    expect(count(here, 'accepted', true)).toBe(0);
    expect(count(peer, 'traceback')).toBeGreaterThan(files.length / 4);
    expect(count(peer, 'read', true)).toBeGreaterThan(0);
  });
});
