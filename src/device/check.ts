import type { DeviceFinding } from './finding.ts';

export function checkDevice(_file: string, _options: { readonly folder?: string } = {}): DeviceFinding[] {
  return [];
}
