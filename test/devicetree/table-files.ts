import { concat, type Format } from '../../src/binary/index.ts';
import {
  buildDtbo,
  buildQcdt,
  dtbhFormat,
  dtboFormat,
  fdtChainFormat,
  pxa19xxFormat,
  pxaDtFormat,
  qcdtFormat,
  sprdFormat,
  writeFdt,
} from '../../src/devicetree/index.ts';
import { tree } from './sample.ts';

export function dtb(properties: Readonly<Record<string, readonly number[] | string>>): Uint8Array {
  return writeFdt(tree({ model: 'a phone', ...properties }));
}

export const ONE = dtb({ 'qcom,msm-id': [239, 0, 206, 0x10000], 'qcom,board-id': [8, 1, 11, 0] });
export const TWO = dtb({ 'qcom,msm-id': [206, 0], 'qcom,board-id': [8, 0], model: 'another' });
export const OLD = dtb({ 'qcom,msm-id': [109, 8, 0x20000, 87, 1, 0] });
export const PMIC = dtb({
  'qcom,msm-id': [294, 0],
  'qcom,board-id': [0x41, 0x8100],
  'qcom,pmic-id': [1, 2, 3, 4, 5, 6, 7, 8],
});

/** A table of a vendor, written word for word. */
function vendorTable(magic: string, version: number, ...entries: readonly number[][]): Uint8Array {
  const words = Uint8Array.from(
    [version, entries.length, ...entries.flat()].flatMap((word) => [...le(word)]),
  );
  const head = concat([Buffer.from(magic, 'latin1'), words]);
  return concat([
    head,
    new Uint8Array(512 - head.length),
    ONE.subarray(0, 100),
    Uint8Array.of(0, 0, 9),
    new Uint8Array(200).fill(7),
  ]);
}

function le(word: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, word, true);
  return out;
}

export const TABLES: readonly (readonly [string, Format<never>, Uint8Array])[] = [
  ['qcdt v1', qcdtFormat as Format<never>, buildQcdt([OLD])],
  ['qcdt v2', qcdtFormat as Format<never>, buildQcdt([ONE, TWO])],
  ['qcdt v3', qcdtFormat as Format<never>, buildQcdt([ONE, PMIC], { pageSize: 512 })],
  [
    'dtbo v0',
    dtboFormat as Format<never>,
    buildDtbo([{ blob: ONE, id: 5 }, { blob: TWO }, { blob: ONE, rev: 2 }]),
  ],
  [
    'dtbo v1',
    dtboFormat as Format<never>,
    buildDtbo(
      [
        { blob: ONE, compression: 'zlib', custom: [1, 2, 3] },
        { blob: TWO, compression: 'gzip' },
      ],
      { version: 1 },
    ),
  ],
  ['acpio', dtboFormat as Format<never>, buildDtbo([{ blob: ONE }], { kind: 'acpio' })],
  [
    'dtbh',
    dtbhFormat as Format<never>,
    vendorTable('DTBH', 2, [1, 2, 3, 4, 5, 512, 100, 0x20], [1, 2, 3, 6, 9, 615, 200, 0x20]),
  ],
  ['sprd', sprdFormat as Format<never>, vendorTable('SPRD', 1, [8830, 1, 0x20000, 512, 100])],
  ['pxa-dt', pxaDtFormat as Format<never>, vendorTable('PXA-DT', 1, [1, 2, 615, 200])],
  [
    'pxa-19xx',
    pxa19xxFormat as Format<never>,
    vendorTable('PXA-19xx', 1, [1, 2, 615, 200], [3, 4, 512, 100]),
  ],
  ['fdts', fdtChainFormat as Format<never>, concat([ONE, TWO, new Uint8Array(7), PMIC, new Uint8Array(3)])],
];
