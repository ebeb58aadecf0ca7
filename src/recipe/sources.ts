import { basename } from 'node:path';
import { inFile, MissingError, MnxError, sha256, UsageError, unreadable } from '../binary/index.ts';
import { splitKernelPart } from '../bootimg/index.ts';
import type { Arch } from '../device/index.ts';
import { readFdt, readQcdt } from '../devicetree/index.ts';
import { expandKernel, type KernelImage, kernelVersion, readKernelImage } from '../kernel/index.ts';
import { readWhole, readWholeSync } from '../output/index.ts';
import {
  dtbPath,
  type Input,
  type KernelPayload,
  kernelPayload,
  type PayloadContext,
} from '../payload/index.ts';
import type { Plan } from './plan.ts';
import type { BuildRequest } from './request.ts';

/** A kernel expands to less than this, or it is no kernel. */
const KERNEL_LIMIT = 256 * 1024 * 1024;

/** The kernel of a build, expanded, with what it says about itself. */
export interface Kernel {
  readonly payload: KernelPayload;
  readonly image: Uint8Array;
  readonly facts: KernelImage;
  /** The same without what it unpacks by itself (zImage, zboot), where the user brought it. */
  readonly inside: Uint8Array;
  /** Device trees that stood behind the user's kernel. */
  readonly appended: readonly Uint8Array[];
}

/** Device trees as they go into the image. */
export interface DeviceTrees {
  readonly dtbs: readonly Uint8Array[];
  readonly qcdt: Uint8Array | undefined;
  readonly inputs: readonly Input[];
  /** What the report calls it: `qcom/msm8939-asus-z00t.dtb`. */
  readonly name: string | undefined;
}

/** Finds where the kernel comes from; nothing is read yet but its place. */
export function findKernel(
  request: BuildRequest,
  plan: Plan,
  context: PayloadContext,
): Promise<KernelPayload> {
  const { kernel } = plan;
  const payload = kernelPayload(context, {
    arch: request.device.arch,
    ...(kernel.from === 'package' ? { package: kernel.package } : {}),
    ...(kernel.from === 'tree' ? { kernelTree: kernel.path } : {}),
    ...(kernel.from === 'file'
      ? { kernel: kernel.path, modules: kernel.modules, config: kernel.config }
      : {}),
  });
  return kernel.from === 'file'
    ? payload.catch((error: unknown) => {
        throw inFile(error, kernel.path);
      })
    : payload;
}

/** Which processor each kind of kernel file is for. */
const ARCH_OF: Readonly<Record<KernelImage['kind'], Arch | undefined>> = {
  arm64: 'aarch64',
  zimage: 'armv7',
  bzimage: 'x86_64',
  // EFI zboot is for several; what is inside shows only when it is expanded.
  zboot: undefined,
};

/**
 * Reads the kernel; a compressed one is expanded, device trees behind it are split off.
 * @throws UsageError `recipe.kernel-arch` when it is for another processor than the device's.
 */
export async function readKernel(payload: KernelPayload, arch: Arch): Promise<Kernel> {
  // At once: by promises tens of MiB come in pieces of 512 KiB, each a trip through the thread pool.
  const file = readWholeSync(payload.image);
  const { image, appended } = splitKernelPart(file, { limit: KERNEL_LIMIT });
  const facts = readKernelImage(image);
  const found = ARCH_OF[facts.kind];
  if (found !== undefined && found !== arch) {
    throw new UsageError(
      'recipe.kernel-arch',
      `the kernel is a ${facts.kind} for ${found}, the device is ${arch}`,
      {
        hint: 'Build the kernel for the device, or name another device.',
      },
    );
  }
  const inside = await insideOf(image, payload);
  const version = facts.version ?? (payload.origin === 'package' ? undefined : kernelVersion(inside));
  return { payload, image, facts: { ...facts, version }, inside, appended };
}

/** What a kernel in a package is its package tells. One that cannot be expanded keeps to itself what it is. */
async function insideOf(image: Uint8Array, { origin }: KernelPayload): Promise<Uint8Array> {
  if (origin === 'package') return image;
  try {
    return (await expandKernel(image, { limit: KERNEL_LIMIT })).image;
  } catch (error) {
    if (error instanceof MnxError) return image;
    throw error;
  }
}

/** Reads the device trees that the plan names. */
export async function findTrees(
  request: BuildRequest,
  plan: Plan,
  kernel: KernelPayload,
): Promise<DeviceTrees> {
  switch (plan.dtb.from) {
    case 'machine': {
      const { machineDtb: dtb = new Uint8Array() } = request;
      const name = 'machine.dtb';
      return { dtbs: [dtb], qcdt: undefined, inputs: [inputOfBytes('dtb', name, dtb)], name };
    }
    case 'none':
      return { dtbs: [], qcdt: undefined, inputs: [], name: undefined };
    case 'kernel':
      return fromFiles([await dtbPath(kernel, plan.dtb.name)], plan.dtb.name);
    case 'files':
      return fromFiles(plan.dtb.paths, plan.dtb.paths.map((path) => basename(path)).join(', '));
    case 'appended':
      return fromKernelFile(request, kernel.image);
    case 'qcdt': {
      const { path } = plan.dtb;
      const qcdt = await readInput(path);
      try {
        readQcdt(qcdt);
      } catch (error) {
        throw inFile(error, path);
      }
      return {
        dtbs: [],
        qcdt,
        inputs: [inputOfBytes('dt', basename(plan.dtb.path), qcdt)],
        name: basename(plan.dtb.path),
      };
    }
  }
}

/** Trees behind the kernel are part of its file, which is an input already. */
async function fromKernelFile({ device }: BuildRequest, path: string): Promise<DeviceTrees> {
  const { appended } = splitKernelPart(await readInput(path), { limit: KERNEL_LIMIT });
  if (appended.length === 0) {
    throw new MissingError(
      'recipe.no-dtb',
      `${device.id} needs a device tree, and none stands behind the kernel`,
      {
        hint: 'Name one with --dtb FILE, or take kernel and trees from a build with --kernel-tree FOLDER.',
      },
    );
  }
  return { dtbs: appended, qcdt: undefined, inputs: [], name: undefined };
}

async function fromFiles(paths: readonly string[], name: string): Promise<DeviceTrees> {
  const dtbs = await Promise.all(paths.map(readTree));
  return {
    dtbs,
    qcdt: undefined,
    inputs: dtbs.map((dtb, i) => inputOfBytes('dtb', basename(paths[i] ?? name), dtb)),
    name,
  };
}

async function readTree(path: string): Promise<Uint8Array> {
  const bytes = await readInput(path);
  try {
    readFdt(bytes);
  } catch (error) {
    throw inFile(error, path);
  }
  return bytes;
}

/** A file that the user named, as an input of the manifest: by name and content, never by path. */
export function inputOfBytes(role: string, name: string, bytes: Uint8Array): Input {
  return { role, name, version: '', sha256: sha256(bytes) };
}

/** Reads a file that the user named. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw new MissingError('recipe.input', `cannot read ${path}${unreadable(error)}`, {
      hint: 'Check the path that was given.',
      cause: error,
    });
  }
}
