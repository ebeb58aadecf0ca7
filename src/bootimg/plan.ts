import { MnxError } from '../binary/index.ts';
import type { Loader } from '../device/index.ts';
import type { KernelImage } from '../kernel/index.ts';

export type LayoutName = 'plain' | 'window';

/** Ways to start: over USB into memory, or from the boot partition. */
export type BootMode = 'boot' | 'flash';

/** Sizes in bytes. */
export interface LayoutParts {
  readonly kernel: Pick<KernelImage, 'kind' | 'fileSize' | 'imageSize' | 'textOffset'>;
  readonly ramdiskSize: number;
  /** 0 without a device tree. */
  readonly dtbSize: number;
  readonly cmdlineLength: number;
}

/** One comparison of the plan; bytes, or offsets from the loader's base. */
export interface LayoutCheck {
  readonly name: string;
  readonly got: number;
  readonly limit: number;
  readonly ok: boolean;
}

export interface LayoutPlan {
  readonly layout: LayoutName;
  /** Why this layout, in one sentence. */
  readonly because: string;
  readonly checks: readonly LayoutCheck[];
}

/** Chooses how the kernel goes through the loader. */
export function planLayout(_parts: LayoutParts, _loader: Loader, _mode: BootMode): LayoutPlan {
  throw new MnxError('bootimg.plan', 'being written');
}
