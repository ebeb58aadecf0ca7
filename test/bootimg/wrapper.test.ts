import { describe, expect, it } from 'vitest';
import { concat, digest, latin1 } from '../../src/binary/index.ts';
import {
  findWrapper,
  readBootImage,
  unwrapAll,
  WRAPPERS,
  type WrapperName,
  wrapAll,
  wrapperNamed,
  writeBootImage,
} from '../../src/bootimg/index.ts';
import { wrappedFiles } from './hostile-cases.ts';
import { imageWith, PARTS, ramp } from './sample.ts';

const { kernel, ramdisk } = PARTS;
const FILES = wrappedFiles();
const IMAGE = concat(writeBootImage(imageWith({}, { cmdline: 'quiet', parts: { kernel, ramdisk } })));

function expectSame(got: Uint8Array | undefined, wanted: Uint8Array): void {
  expect(got?.length).toBe(wanted.length);
  expect(Buffer.compare(got ?? wanted, wanted)).toBe(0);
}

function make(name: WrapperName, payload: Uint8Array, label?: string): Uint8Array {
  const wrapper = wrapperNamed(name);
  const wrapped = wrapper.make?.(payload, label);
  if (wrapped === undefined) throw new Error(`${name} is not made here`);
  return concat(wrapper.wrap(wrapped));
}

describe('wrappers', () => {
  it('are all tried', () => {
    expect(FILES.map(({ name }) => name).sort()).toEqual(WRAPPERS.map(({ name }) => name).sort());
  });

  it.each(FILES)('$name is recognised, comes off and goes on again', ({ name, bytes }) => {
    expect(findWrapper(bytes)?.name).toBe(name);
    const wrapper = wrapperNamed(name);
    const wrapped = wrapper.unwrap(bytes);
    expect(wrapped.wrapper).toBe(name);
    expectSame(concat(wrapper.wrap(wrapped)), bytes);
    expectSame(wrapAll(unwrapAll(bytes)), bytes);
  });

  it.each(['dhtb', 'seandroid', 'lg-bump', 'blob', 'nook', 'acclaim', 'amonet', 'chromeos'] as const)(
    '%s has a boot image in it',
    (name) => {
      const bytes = FILES.find((file) => file.name === name)?.bytes ?? IMAGE;
      const { payload } = unwrapAll(bytes);
      expectSame(readBootImage(payload).parts.kernel, kernel);
    },
  );

  it.each(['seandroid', 'lg-bump', 'blob', 'nook', 'acclaim', 'amonet'] as const)(
    '%s takes another image',
    (name) => {
      const bytes = FILES.find((file) => file.name === name)?.bytes ?? IMAGE;
      const other = concat(writeBootImage(imageWith({}, { cmdline: 'debug', parts: { kernel: ramdisk } })));
      const again = wrapAll({ ...unwrapAll(bytes), payload: other });
      expect(findWrapper(again)?.name).toBe(name);
      expectSame(unwrapAll(again).payload, other);
    },
  );

  it.each(['chromeos', 'loki', 'krnl'] as const)('%s takes no other payload', (name) => {
    const bytes = FILES.find((file) => file.name === name)?.bytes ?? IMAGE;
    const wrapper = wrapperNamed(name);
    const wrapped = { ...wrapper.unwrap(bytes), payload: ramp(10, 1, 1) };
    expect(() => wrapper.wrap(wrapped)).toThrow(expect.objectContaining({ code: 'bootimg.wrapper' }));
  });

  it('nothing is taken off a plain image or any other file', () => {
    for (const bytes of [IMAGE, kernel, new Uint8Array(0), latin1('ANDROID!')]) {
      expect(findWrapper(bytes)).toBeUndefined();
      expect(unwrapAll(bytes)).toEqual({ layers: [], payload: bytes });
    }
  });
});

describe('MediaTek headers', () => {
  it('have magic, size, label and padding of 0xff in 512 bytes', () => {
    const bytes = make('mtk', kernel, 'KERNEL');
    const header = Buffer.from(bytes.subarray(0, 512));
    expect(header.subarray(0, 14).toString('hex')).toBe(
      `8816885810270000${Buffer.from('KERNEL').toString('hex')}`,
    );
    expect(header.subarray(14, 40).every((byte) => byte === 0)).toBe(true);
    expect(header.subarray(40).every((byte) => byte === 0xff)).toBe(true);
    expectSame(bytes.subarray(512), kernel);
  });

  it('follow payload and label', () => {
    const wrapper = wrapperNamed('mtk');
    const wrapped = wrapper.unwrap(make('mtk', kernel, 'ROOTFS'));
    expect(wrapped.label).toBe('ROOTFS');
    const again = wrapper.unwrap(concat(wrapper.wrap({ ...wrapped, payload: ramdisk, label: 'RECOVERY' })));
    expectSame(again.payload, ramdisk);
    expect(again.label).toBe('RECOVERY');
  });

  it('are hashed with the section that they are in', () => {
    const wrapped = make('mtk', kernel);
    const image = imageWith({}, { parts: { kernel: wrapped, ramdisk } });
    const again = readBootImage(concat(writeBootImage(image)));
    expect(again.id).toEqual({ kind: 'sha1' });
    expectSame(again.parts.kernel, wrapped);
  });
});

describe('DHTB', () => {
  it("states size and SHA-256 of the image, Samsung's mark and four bytes", () => {
    const bytes = make('dhtb', IMAGE);
    const payload = concat([IMAGE, latin1('SEANDROIDENFORCE'), new Uint8Array(4).fill(0xff)]);
    expectSame(bytes.subarray(512), payload);
    expectSame(bytes.subarray(8, 40), digest('sha256', payload));
    expect(new DataView(bytes.buffer).getUint32(48, true)).toBe(payload.length);
    expect(unwrapAll(bytes).layers.map(({ wrapper }) => wrapper)).toEqual(['dhtb', 'seandroid']);
    expectSame(unwrapAll(bytes).payload, IMAGE);
  });

  it('keeps a digest that is wrong until the payload changes', () => {
    const bytes = concat([make('dhtb', IMAGE), new Uint8Array(12).fill(3)]);
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    const wrapper = wrapperNamed('dhtb');
    const wrapped = wrapper.unwrap(bytes);
    expect(wrapped.keptFields.map(({ fields }) => fields.join())).toEqual(['checksum']);
    expectSame(concat(wrapper.wrap(wrapped)), bytes);
    const changed = wrapper.unwrap(concat(wrapper.wrap({ ...wrapped, payload: kernel })));
    expect(changed.keptFields).toEqual([]);
    expectSame(changed.after, new Uint8Array(12).fill(3));
  });
});
