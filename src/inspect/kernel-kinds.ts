import { type Format, layout, MnxError, u16le, u32le } from '../binary/index.ts';
import { splitKernelPart, windowFormat } from '../bootimg/index.ts';
import {
  banner,
  expandKernel,
  extractIkconfig,
  isElf,
  type KernelFile,
  kernelEnd,
  kernelFormat,
  readBzimage,
  releaseOf,
  uncompressedImgFormat,
} from '../kernel/index.ts';
import { type Budget, type Inside, type Kind, kindOf, type Opened, partOf } from './kind.ts';
import { spendLater } from './spend.ts';
import { textKind } from './text-kind.ts';

const KERNELS: Readonly<Record<KernelFile['kind'], string>> = {
  arm64: 'arm64 Image',
  zimage: 'arm zImage',
  bzimage: 'x86 bzImage',
  zboot: 'EFI zboot kernel',
};

/** Image, zImage, bzImage and zboot, with what unpacks itself, the configuration, and where DTBs may begin. */
export const kernelKind: Kind = {
  name: kernelFormat.name,
  format: kernelFormat as Format<unknown>,
  detect: kernelFormat.detect,
  open: async (bytes, budget) => {
    const end = endOf(bytes);
    const kernel = kernelFormat.read(bytes.subarray(0, end));
    const inner = kernel.kind === 'arm64' ? {} : await innerOf(kernel.bytes, budget);
    const image = inner.image ?? kernel.bytes;
    const version = kernel.version ?? banner(image);
    const facts = kernelFormat.describe(kernel).filter(({ name }) => name !== 'version' && name !== 'kind');
    const config = extractIkconfig(image) === undefined ? 'not inside' : 'inside';
    return {
      title: titled(KERNELS[kernel.kind], version),
      facts: [
        ...(version === undefined ? [] : [{ name: 'version', value: version }]),
        { name: 'architecture', value: architectureOf(kernel, image) },
        ...facts,
        { name: 'configuration', value: config },
      ],
      end,
      inside: [
        ...(kernel.kind === 'arm64' ? configIn(kernel.bytes) : payloadIn(inner.image)),
        ...behind(kernel),
      ],
      ...(inner.problem === undefined ? {} : { problem: inner.problem }),
    };
  },
};

/** Device trees follow kernels of arm and arm64; what follows one of x86 is its own. */
function endOf(bytes: Uint8Array): number {
  if (readBzimage(bytes) !== undefined) return bytes.length;
  return kernelEnd(bytes) ?? splitKernelPart(bytes).storedSize;
}

function behind({ kind, fileSize, bytes }: KernelFile): Inside[] {
  if (kind !== 'bzimage') return [];
  return partOf(bytes, 'behind', bytes.subarray(fileSize)).map((part) => ({
    ...part,
    otherwise: signatureKind,
  }));
}

/** WIN_CERTIFICATE of the PE format: what sbsign puts behind an EFI program. */
const Certificate = layout('win-certificate', { length: u32le, revision: u16le, type: u16le });
const PKCS_SIGNED_DATA = 2;

const signatureKind: Kind = {
  ...textKind,
  name: 'authenticode',
  open: async (bytes): Promise<Opened> => {
    const { length, type } = Certificate.read(bytes);
    const known = type === PKCS_SIGNED_DATA && length <= bytes.length;
    return {
      title: known ? 'Secure Boot signature' : 'unknown content',
      facts: [],
      end: bytes.length,
      inside: [],
    };
  },
};

function titled(title: string, version: string | undefined): string {
  return version === undefined ? title : `${title}, Linux ${releaseOf(version)}`;
}

const ARCHITECTURES: Readonly<Partial<Record<KernelFile['kind'], string>>> = {
  arm64: 'arm64',
  zimage: 'arm',
  bzimage: 'x86',
};

/** zboot is of every architecture with EFI: what it unpacks tells. */
function architectureOf({ kind }: KernelFile, image: Uint8Array): string {
  const own = ARCHITECTURES[kind];
  if (own !== undefined || !kernelFormat.detect(image)) return own ?? 'unknown';
  return ARCHITECTURES[kernelFormat.read(image).kind] ?? 'unknown';
}

async function innerOf(file: Uint8Array, budget: Budget): Promise<{ image?: Uint8Array; problem?: Error }> {
  try {
    const image = await spendLater(budget, async (limit) => (await expandKernel(file, { limit })).image);
    return image === file ? {} : { image };
  } catch (error) {
    if (!(error instanceof MnxError)) throw error;
    return { problem: error };
  }
}

function payloadIn(image: Uint8Array | undefined): Inside[] {
  return image === undefined
    ? []
    : [{ name: 'payload', bytes: image, offset: undefined, otherwise: bareKind }];
}

function configIn(image: Uint8Array): Inside[] {
  const config = extractIkconfig(image);
  if (config === undefined) return [];
  const bytes = new Uint8Array(Buffer.from(config, 'latin1'));
  return [{ name: CONFIG, bytes, offset: undefined, otherwise: configKind }];
}

/** What a layer with a kernel's configuration is called. */
export const CONFIG = 'config';

const configKind: Kind = {
  ...textKind,
  name: 'ikconfig',
  open: async (bytes): Promise<Opened> => {
    const options =
      Buffer.from(bytes)
        .toString('latin1')
        .match(/^CONFIG_\w+=/gm)?.length ?? 0;
    return { title: `IKCONFIG, ${options} options`, facts: [], end: bytes.length, inside: [] };
  },
};

/** A kernel that has lost its header by being expanded: machine code, or the ELF file of x86. */
const bareKind: Kind = {
  ...textKind,
  name: 'bare-kernel',
  open: async (bytes): Promise<Opened> => {
    const version = banner(bytes);
    const title = isElf(bytes) ? 'kernel as ELF' : version === undefined ? 'unknown content' : 'bare kernel';
    return {
      title: titled(title, version),
      facts: version === undefined ? [] : [{ name: 'version', value: version }],
      end: bytes.length,
      inside: configIn(bytes),
    };
  },
};

export const uncompressedImgKind = kindOf(uncompressedImgFormat, {
  title: () => 'UNCOMPRESSED_IMG',
  inside: ({ kernel }, bytes) => partOf(bytes, 'kernel', kernel),
  end: ({ appended }, bytes) => bytes.length - appended.length,
});

export const windowKind = kindOf(windowFormat, {
  title: () => 'window payload',
  inside: ({ ramdisk, dtb, image }, bytes) => [
    ...partOf(bytes, 'ramdisk', ramdisk),
    ...partOf(bytes, 'dtb', dtb),
    ...partOf(bytes, 'Image', image),
  ],
});
