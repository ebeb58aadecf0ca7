import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { equal } from '../../src/binary/index.ts';
import { buildQcdt, writeFdt } from '../../src/devicetree/index.ts';
import { numbers } from '../compress/hostile.ts';
import { node, tree } from '../devicetree/sample.ts';

/** Debian's skales; MNX_TEST_DTBTOOL names it when it is unpacked somewhere. */
const tool = process.env['MNX_TEST_DTBTOOL'] ?? 'skales-dtbtool';
const there = spawnSync(tool, ['--version']).error === undefined;
if (!there) console.log('skipped: skales-dtbtool is not installed, and MNX_TEST_DTBTOOL names none');

const scratch = mkdtempSync(join(tmpdir(), 'mnx-qcdt-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A tree with so many boards of its own. */
function dtb(next: () => number, version: 1 | 2 | 3, serial: number): Uint8Array {
  const small = (count: number) => Array.from({ length: count }, () => next() % 1000);
  // The revision of version 1 is zero: the tool leaves it out.
  const triples = () => Array.from({ length: 1 + (next() % 3) }, () => [next() % 300, next() % 50, 0]).flat();
  const msm = version === 1 ? triples() : small(2 * (1 + (next() % 3)));
  const ids = {
    'qcom,msm-id': msm,
    ...(version === 1 ? {} : { 'qcom,board-id': small(2 * (1 + (next() % 3))) }),
    ...(version === 3 ? { 'qcom,pmic-id': small(4 * (1 + (next() % 2))) } : {}),
  };
  return writeFdt(
    tree({ ...ids, serial: [serial] }, [node('filler', { data: new Uint8Array(next() % 5000) })]),
  );
}

function dtbtool(dtbs: readonly Uint8Array[], pageSize: number): Uint8Array {
  const folder = mkdtempSync(join(scratch, 'in-'));
  for (const [i, bytes] of dtbs.entries()) writeFileSync(join(folder, `${i}.dtb`), bytes);
  const out = join(scratch, 'dt.img');
  const { status, stderr } = spawnSync(tool, ['-o', out, '-s', String(pageSize), folder]);
  if (status !== 0) throw new Error(stderr.toString());
  return new Uint8Array(readFileSync(out));
}

describe.skipIf(!there)('dt.img', () => {
  it.each([1, 2, 3] as const)('of version %i is what skales-dtbtool writes', (version) => {
    for (let seed = 1; seed <= 8; seed++) {
      const next = numbers(seed * 7919);
      const dtbs = Array.from({ length: 1 + (next() % 4) }, (_, i) => dtb(next, version, i));
      const pageSize = [2048, 4096][next() % 2] ?? 2048;
      const theirs = dtbtool(dtbs, pageSize);
      expect(equal(buildQcdt(dtbs, { pageSize }), theirs), `seed ${seed}`).toBe(true);
    }
  });
});
