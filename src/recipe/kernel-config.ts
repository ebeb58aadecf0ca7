import { extractIkconfig, type KernelConfig, parseKernelConfig } from '../kernel/index.ts';
import type { KernelPayload } from '../payload/index.ts';
import type { Kernel } from './sources.ts';

/** Thousands of lines each, for which several ask. */
const known = new WeakMap<KernelPayload, KernelConfig>();

/** The kernel's configuration, from its package or from itself; undefined when it tells neither way. */
export function kernelConfig({
  payload,
  inside,
}: Pick<Kernel, 'payload' | 'inside'>): KernelConfig | undefined {
  return configBeside(payload) ?? remember(payload, extractIkconfig(inside));
}

/** The configuration that lies beside a kernel. */
export function configBeside(payload: KernelPayload): KernelConfig | undefined {
  return known.get(payload) ?? remember(payload, payload.configText);
}

function remember(payload: KernelPayload, text: string | undefined): KernelConfig | undefined {
  if (text === undefined) return undefined;
  const config = parseKernelConfig(text);
  known.set(payload, config);
  return config;
}
