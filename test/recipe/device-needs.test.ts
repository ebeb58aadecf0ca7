import { describe, expect, it } from 'vitest';
import { loadDevice } from '../../src/device/index.ts';
import { planBuild } from '../../src/recipe/index.ts';

const device = loadDevice('asus-z00t');
const request = { ssh: { files: [], personal: false, passwordless: false }, purpose: 'boot' } as const;

describe('what a device file asks for', () => {
  it('brings fbset where the driver is to be told the order of the colours, and not elsewhere', () => {
    const { screen } = device;
    if (screen === undefined) throw new Error('no screen');
    const names = (fbset: boolean) =>
      planBuild({ ...request, device: { ...device, screen: { ...screen, fbset } } }).programs.map(
        ({ name }) => name,
      );
    expect(names(true)).toContain('fbset');
    expect(names(false)).not.toContain('fbset');
  });
});
