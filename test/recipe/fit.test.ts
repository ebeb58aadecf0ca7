import { describe, expect, it } from 'vitest';
import { expand } from '../../src/compress/index.ts';
import { loadDevice, RAMDISK_CODECS } from '../../src/device/index.ts';
import { parseKernelConfig } from '../../src/kernel/index.ts';
import { compressRamdisk, planCompressions, readableCompressions } from '../../src/recipe/fit.ts';
import type { BuildRequest } from '../../src/recipe/index.ts';

function request(more: Partial<BuildRequest> = {}): BuildRequest {
  return {
    device: loadDevice('asus-z00t'),
    ssh: { files: [], personal: false, passwordless: false },
    purpose: 'boot',
    ...more,
  };
}

const codecs = (more: Partial<BuildRequest>) =>
  planCompressions(request(more)).map(({ codec, level }) => `${codec}:${level}`);

describe('the compression of a ramdisk', () => {
  it("is the device's, or the one that is named", () => {
    expect(codecs({})).toEqual(['gzip:6']);
    expect(codecs({ compression: { codec: 'xz' } })).toEqual(['xz:6']);
    expect(codecs({ compression: { codec: 'xz', level: 9 } })).toEqual(['xz:9']);
    expect(codecs({ fit: true })).toEqual(['gzip:6', 'gzip:9', 'zstd:19', 'xz:6', 'lzma:9']);
    expect(() => codecs({ fit: true, compression: { codec: 'xz' } })).toThrow(
      expect.objectContaining({ code: 'recipe.two-compressions', exitCode: 2 }),
    );
  });

  it('is one that the kernel reads, when one is looked for', () => {
    const ways = planCompressions(request({ fit: true }));
    const read = (config: string | undefined) =>
      readableCompressions(ways, config === undefined ? undefined : parseKernelConfig(config)).map(
        ({ codec }) => codec,
      );
    expect(read('CONFIG_RD_GZIP=y\nCONFIG_RD_LZMA=y\n')).toEqual(['gzip', 'gzip', 'lzma']);
    expect(read('CONFIG_RD_XZ=y\n')).toEqual(['xz']);
    expect(read('CONFIG_RD_ZSTD=y\nCONFIG_RD_XZ=y\n')).toEqual(['zstd', 'xz']);
    expect(read('# CONFIG_RD_GZIP is not set\n')).toEqual(['gzip']);
    expect(read(undefined)).toEqual(['gzip', 'gzip']);
    const named = planCompressions(request({ compression: { codec: 'lzma' } }));
    expect(readableCompressions(named, parseKernelConfig('CONFIG_RD_GZIP=y\n'))).toEqual(named);
  });

  it.each(RAMDISK_CODECS)('is written as %s', async (codec) => {
    const archive = Buffer.from('an archive '.repeat(1000));
    const packed = await compressRamdisk(archive, { codec, level: 3 });
    expect(Buffer.compare(await expand(packed, { limit: 1 << 20 }), archive)).toBe(0);
  });
});
