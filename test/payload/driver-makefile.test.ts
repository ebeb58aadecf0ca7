import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/binary/index.ts';
import { checkDrivers, driverMakefile } from '../../src/payload/driver-makefile.ts';

describe('driverMakefile', () => {
  it('builds each module from its places in the kernel tree', () => {
    const text = driverMakefile([
      { module: 'gcc-msm8939', sources: ['drivers/clk/qcom/gcc-msm8939.c'] },
      { module: 'two', sources: ['lib/one.c', 'arch/arm64/lib/two.S'] },
    ]);
    expect(text).toBe(
      'obj-m += gcc-msm8939.o\n' +
        'gcc-msm8939-y := drivers/clk/qcom/gcc-msm8939.o\n' +
        'obj-m += two.o\n' +
        'two-y := lib/one.o arch/arm64/lib/two.o\n',
    );
  });
});

describe('checkDrivers', () => {
  const sources = ['drivers/clk/a.c'];

  it.each([
    [[{ module: 'a b', sources }], 'payload.driver-name'],
    [[{ module: 'a$(shell id)', sources }], 'payload.driver-name'],
    [[{ module: '', sources }], 'payload.driver-name'],
    [
      [
        { module: 'a', sources },
        { module: 'a', sources },
      ],
      'payload.driver-name',
    ],
    [[{ module: 'a', sources: [] }], 'payload.driver-path'],
    [[{ module: 'a', sources: ['/etc/passwd.c'] }], 'payload.driver-path'],
    [[{ module: 'a', sources: ['drivers/../../x.c'] }], 'payload.driver-path'],
    [[{ module: 'a', sources: ['drivers/x.h'] }], 'payload.driver-path'],
    [[{ module: 'a', sources: ['drivers/$(x).c'] }], 'payload.driver-path'],
  ])('refuses %j', (drivers, code) => {
    expect(() => checkDrivers(drivers)).toThrow(expect.objectContaining({ code, exitCode: 2 }));
  });

  it('lets nothing through that make or sh would interpret', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (module, path) => {
        try {
          checkDrivers([{ module, sources: [`drivers/${path}.c`] }]);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          return;
        }
        expect(module + path).toMatch(/^[A-Za-z0-9_.,+/-]*$/);
      }),
    );
  });
});
