import { spawnSync } from 'node:child_process';
import { decompress as fzstd } from 'fzstd';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/binary/index.ts';
import {
  type Codec,
  codecFacts,
  compress,
  detectCodec,
  expand,
  expandMember,
} from '../../src/compress/index.ts';
import * as hostile from '../compress/hostile.ts';

const structured = (seed: number, length: number): Uint8Array =>
  hostile.structured(seed, length, { least: 100, spread: 9000, reach: 60_000 });

/** Words that branch filters look for, at every alignment: what they change and what they must leave alone. */
function branches(seed: number, length: number): Uint8Array {
  const out = structured(seed, length);
  const opcodes = [0xe8, 0xe9, 0xeb, 0x97, 0x94, 0x90, 0xf0, 0xf8, 0x00, 0xff];
  for (let i = 0; i < length; i++) {
    const mixed = Math.imul(i + seed, 2654435761) >>> 8;
    if (mixed % 3 === 0) out[i] = opcodes[(mixed >>> 4) % opcodes.length] ?? 0;
  }
  return out;
}

const SAMPLES: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['one byte', Uint8Array.of(7)],
  ['13 bytes', structured(3, 13)],
  ['zeros', new Uint8Array(3_000_000)],
  ['100 kB', structured(5, 100_000)],
  ['branches', branches(4, 300_000)],
  ['9 MB', structured(9, 9_000_000)],
];

const LIMIT = 16 * 1024 * 1024;

function has(tool: string): boolean {
  const there = spawnSync(tool, ['--version']).error === undefined;
  if (!there) console.log(`skipped: ${tool} is not installed`);
  return there;
}

function run(tool: string, args: readonly string[], input: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync(tool, [...args], { input, maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${stderr.toString()}`);
  return new Uint8Array(stdout);
}

const WRITERS: readonly (readonly [codec: Codec, tool: string, ...args: string[]])[] = [
  ['gzip', 'gzip', '-9'],
  ['xz', 'xz', '-1', '--check=crc32'],
  ['xz', 'xz', '-1', '--check=crc64'],
  ['xz', 'xz', '-1', '--check=none'],
  ['xz', 'xz', '-1', '--check=sha256'],
  ['xz', 'xz', '-1', '-T2', '--block-size=1000000'],
  ['xz', 'xz', '-9', '--x86', '--lzma2=preset=1'],
  ['xz', 'xz', '--delta=dist=3', '--lzma2=preset=0'],
  ['xz', 'xz', '-T2', '--block-size=700000', '--arm64', '--lzma2=preset=1,pb=0,lp=1'],
  ['xz', 'xz', '--armthumb', '--lzma2=preset=1'],
  ['xz', 'xz', '--arm', '--lzma2=preset=1,lc=1,lp=2,pb=1'],
  ['lzma', 'xz', '--format=lzma', '-1'],
  ['lzma', 'xz', '--format=lzma', '--lzma1=preset=1,lc=0,lp=4,pb=0'],
  ['bzip2', 'bzip2', '-9'],
  ['bzip2', 'bzip2', '-1'],
  ['lz4-legacy', 'lz4', '-l', '-1'],
  ['lz4-legacy', 'lz4', '-l', '-9'],
  ['lz4', 'lz4', '-1'],
  ['lz4', 'lz4', '-9', '-BD', '-BX', '-B4', '--no-frame-crc'],
  ['lzo', 'lzop', '-1'],
  ['lzo', 'lzop', '-3'],
  ['lzo', 'lzop', '-9'],
  ['lzo', 'lzop', '-7', '-F'],
  ['lzo', 'lzop', '-8', '-C'],
  ['lzo', 'lzop', '-2', '--crc32', '-C'],
  ['zstd', 'zstd', '-1'],
  ['zstd', 'zstd', '-19', '--no-check'],
  ['zstd', 'zstd', '-9', '--long=25'],
];

describe.each(WRITERS)('%s of %s', (codec, tool, ...args) => {
  it.skipIf(!has(tool)).each(SAMPLES)(`${args.join(' ')}: %s`, async (_, data) => {
    const packed = run(tool, [...args, '-c'], data);
    // The magic of lzma is its usual settings; a file with others is taken by name.
    const usual = !args.some((arg) => arg.includes('lc=0'));
    expect(detectCodec(packed)).toBe(usual ? codec : 'none');
    const tail = Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed);
    // Legacy lz4 has no end mark: what follows would be a block.
    const followed = codec === 'lz4-legacy' ? packed : Buffer.concat([packed, tail]);
    const { data: back, consumed } = await expandMember(followed, { limit: LIMIT, codec: codec as Codec });
    expect(sha256(back)).toBe(sha256(data));
    expect(consumed).toBe(packed.length);
  });
});

describe('members', () => {
  const [one, two] = [structured(1, 70_000), structured(2, 40_000)];
  it.each([
    ['xz', ['xz', '-1'], Uint8Array.of(0, 0, 0, 0)],
    ['bzip2', ['bzip2'], new Uint8Array()],
    ['zstd', ['zstd'], new Uint8Array()],
    ['lz4', ['lz4'], new Uint8Array()],
    ['lz4', ['lz4', '-l'], new Uint8Array()],
    ['gzip', ['gzip'], new Uint8Array()],
    ['lzo', ['lzop'], new Uint8Array()],
  ] as const)('of %s that follow each other are one file', async (_, [tool, ...args], between) => {
    if (!has(tool)) return;
    const packed = Buffer.concat([run(tool, [...args, '-c'], one), between, run(tool, [...args, '-c'], two)]);
    expect(sha256(await expand(packed, { limit: LIMIT }))).toBe(sha256(one, two));
  });
});

describe('what mnx writes', () => {
  const writable: readonly (readonly [Codec, readonly [string, ...string[]]])[] = [
    ['lz4-legacy', ['lz4', '-d', '-c']],
    ['lz4', ['lz4', '-d', '-c']],
    ['gzip', ['gzip', '-d', '-c']],
    ['xz', ['xz', '-d', '-c']],
    ['lzma', ['xz', '--format=lzma', '-d', '-c']],
    ['zstd', ['zstd', '-d', '-c']],
    ['bzip2', ['bzip2', '-d', '-c']],
    ['lzo', ['lzop', '-d', '-c']],
  ];
  describe.each(writable)('%s', (codec, [tool, ...args]) => {
    it.skipIf(!has(tool)).each(SAMPLES)('is read by its tool: %s', async (_, data) => {
      const packed = await compress(codec, [data.subarray(0, 10), data.subarray(10)]);
      expect(sha256(run(tool, args, packed))).toBe(sha256(data));
      expect(sha256(await expand(packed, { limit: LIMIT }))).toBe(sha256(data));
    });
  });

  it.skipIf(!has('xz'))('is hardly larger than xz -3', async () => {
    const data = structured(9, 4_000_000);
    const ours = await compress('xz', [data]);
    expect(ours.length / run('xz', ['-3', '-c'], data).length).toBeLessThan(1.05);
  });

  it.skipIf(!has('lz4'))('is hardly larger than lz4 -9', async () => {
    const data = structured(9, 4_000_000);
    const ours = await compress('lz4-legacy', [data]);
    expect(ours.length / run('lz4', ['-l', '-9', '-c'], data).length).toBeLessThan(1.05);
  });
});

describe.skipIf(!has('zstd'))('zstd', () => {
  it('agrees with a second reader', async () => {
    for (const level of ['-1', '-5', '-12', '-19']) {
      const packed = run('zstd', [level, '-c'], structured(11, 1_500_000));
      expect(sha256(await expand(packed, { limit: LIMIT })), level).toBe(sha256(fzstd(packed)));
    }
  });

  it('tells frames, window and size', () => {
    const frame = run('zstd', ['-3', '-c', '--stream-size=70000'], structured(1, 70_000));
    expect(codecFacts(Buffer.concat([frame, frame]))).toMatchObject({
      codec: 'zstd',
      members: 2,
      size: 140_000,
    });
  });
});

describe.skipIf(!has('xz'))('xz facts', () => {
  it.each(['none', 'crc32', 'crc64', 'sha256'])('tell the check %s', (check) => {
    const packed = run('xz', [`--check=${check}`, '-c'], structured(1, 5000));
    expect(codecFacts(packed)).toMatchObject({
      codec: 'xz',
      check,
      members: 1,
      size: 5000,
      filters: ['lzma2'],
    });
  });

  it('tell filters and dictionary', () => {
    const packed = run('xz', ['--arm64', '--lzma2=dict=4MiB', '-c'], structured(1, 5000));
    expect(codecFacts(packed)).toMatchObject({ filters: ['arm64', 'lzma2'], window: 4 << 20 });
  });
});
