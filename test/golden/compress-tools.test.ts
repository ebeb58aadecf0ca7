import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Codec, compress } from '../../src/compress/index.ts';
import { structured } from '../compress/hostile.ts';

/** The field's own tools: how they test a file, how they expand it, how they pack what ours is held against. */
const TOOLS: readonly (readonly [Codec, string, readonly string[], readonly string[]])[] = [
  ['xz', 'xz', [], ['-3']],
  ['lzma', 'xz', ['--format=lzma'], ['--format=lzma', '-3']],
  ['zstd', 'zstd', [], ['-12']],
  ['bzip2', 'bzip2', [], ['-9']],
  ['lzo', 'lzop', [], ['-6']],
];

function run(tool: string, args: readonly string[], input: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(tool, args, { input, maxBuffer: 1 << 26 });
  expect(status, stderr.toString()).toBe(0);
  return stdout;
}

const SAMPLES: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', Uint8Array.of(7)],
  ['zeros', new Uint8Array(3_000_000)],
  ['a period', Buffer.alloc(500_000, 'abc')],
  ['data', structured(21, 2_500_000)],
];

describe.each(TOOLS)('%s as mnx writes it', (codec, tool, format, packing) => {
  const there = spawnSync(tool, ['--version'], { input: '' }).error === undefined;
  if (!there) console.log(`skipped: no ${tool} here`);

  it.skipIf(!there).each(SAMPLES)('is whole for its tool: %s', async (_, data) => {
    const packed = await compress(codec, [data]);
    run(tool, [...format, '-t'], packed);
    expect(Buffer.compare(run(tool, [...format, '-d', '-c'], packed), data)).toBe(0);
  });

  it.skipIf(!there)('is hardly larger than what its tool writes', async () => {
    const data = structured(9, 2_000_000);
    const ours = await compress(codec, [data]);
    expect(ours.length / run(tool, [...packing, '-c'], data).length).toBeLessThan(1.05);
  });
});
