import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { writeFdt } from '../../src/devicetree/index.ts';
import type { ModuleIndex } from '../../src/kernel/index.ts';
import { openCache } from '../../src/payload/index.ts';
import type { ImageParts } from '../../src/recipe/image.ts';
import { judgeCoverage } from '../../src/recipe/judge.ts';
import { keptCoverage } from '../../src/recipe/kept-coverage.ts';
import { openKept } from '../../src/recipe/kept-parts.ts';
import { node, tree } from '../devicetree/sample.ts';
import { smallIndex } from '../kernel/kernel-tree.ts';

let root: string;
let index: ModuleIndex;
let asked: number;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'mnx-coverage-'));
  const small = await smallIndex();
  asked = 0;
  const match = (modalias: string) => {
    asked += 1;
    return small.aliases.match(modalias);
  };
  index = { ...small, aliases: { match } };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** As much of a build's parts as coverage looks at. */
function parts(more: { serial?: string; debug?: boolean; shell?: string } = {}): ImageParts {
  const { serial = 'acme,uart', debug = false, shell = 'volume-down' } = more;
  const device = loadDevice('asus-z00t');
  const dtb = writeFdt(tree({}, [node('serial@1', { compatible: serial })]));
  return {
    request: { device: { ...device, keys: { ...device.keys, shell } } },
    plan: { debug },
    kernel: { image: new Uint8Array(64) },
    trees: { dtbs: [dtb] },
  } as unknown as ImageParts;
}

async function judged(image: ImageParts, stamp = 'one', built = 'a') {
  const before = asked;
  const cache = openCache({ root });
  const findings = await keptCoverage(image, {
    gathered: { kernel: { stamp, inputs: [] }, drivers: [{ name: 'x', data: Buffer.from(built) }] },
    index,
    keep: (kind) => openKept(cache, { device: 'x', variant: undefined }, kind),
  });
  return { findings, anew: asked > before };
}

describe('keptCoverage', () => {
  it('tells what a former build was told, without a search', async () => {
    const wanted = judgeCoverage(parts(), index);
    expect(wanted.length).toBeGreaterThan(0);
    expect(await judged(parts())).toEqual({ findings: wanted, anew: true });
    expect(await judged(parts())).toEqual({ findings: wanted, anew: false });
  });

  it.each<[string, Parameters<typeof judged>]>([
    ['another tree', [parts({ serial: 'acme,other' })]],
    ['a --debug image', [parts({ debug: true })]],
    ['another kernel', [parts(), 'two']],
    ['another driver', [parts(), 'one', 'b']],
    ['another key', [parts({ shell: 'volume-up' })]],
  ])('searches again for %s', async (_, call) => {
    await judged(parts());
    expect((await judged(...call)).anew).toBe(true);
  });
});
