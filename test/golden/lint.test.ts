import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readFdt } from '../../src/devicetree/index.ts';
import { indexModules, type ModuleIndex, ofModalias } from '../../src/kernel/index.ts';
import {
  type Coverage,
  compatiblesIn,
  coverage,
  type ExtraDriver,
  requireRoles,
  roleNodes,
} from '../../src/lint/index.ts';

// A folder lib/modules/RELEASE of Debian's arm64 kernel, with vmlinuz and dtb/ in it.
const root = process.env['MNX_TEST_MODULES'] ?? '';
const there = existsSync(join(root, 'vmlinuz'));
if (!there) console.log("skipped: MNX_TEST_MODULES names no folder of Debian's arm64 kernel");

const ROLES = ['storage', 'usb', 'console'] as const;

/** What gcc-msm8939 and qnoc-msm8939 take (drivers/clk/qcom/gcc-msm8939.c, drivers/interconnect/qcom/msm8939.c). */
const MSM8939: readonly ExtraDriver[] = [
  { name: 'gcc_msm8939', compatible: ['qcom,gcc-msm8939'] },
  {
    name: 'qnoc_msm8939',
    compatible: ['qcom,msm8939-bimc', 'qcom,msm8939-pcnoc', 'qcom,msm8939-snoc', 'qcom,msm8939-snoc-mm'],
  },
];

/** What stage-1 cannot do without on this phone, all behind one clock controller. */
const ROLE_NODES = [
  '/soc@0/mmc@7824900',
  '/soc@0/mmc@7864900',
  '/soc@0/usb@78d9000',
  '/soc@0/serial@78b0000',
];

describe.skipIf(!there)("coverage by Debian's arm64 kernel", () => {
  let index: ModuleIndex;
  let knownToImage: (compatible: string) => boolean;

  beforeAll(async () => {
    const paths = readdirSync(join(root, 'kernel'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ko.xz'))
      .map((path) => join('kernel', path));
    index = await indexModules({
      release: basename(root),
      files: paths.map((path) => ({ path, read: () => readFile(join(root, path)) })),
      builtinModinfo: readFileSync(join(root, 'modules.builtin.modinfo')),
      builtinList: readFileSync(join(root, 'modules.builtin'), 'utf8'),
    });
    knownToImage = compatiblesIn(readFileSync(join(root, 'vmlinuz')));
  }, 600_000);

  const survey = (dtb: string, drivers: readonly ExtraDriver[] = []): Coverage =>
    coverage({ fdt: readFdt(readFileSync(join(root, 'dtb', dtb))), index, knownToImage, drivers });

  /** Whether any module or builtin asks for it. Debian takes drivers in from one version to the next. */
  const knows = (compatible: string): boolean =>
    index.aliases.match(ofModalias({ name: 'any', compatible: [compatible] })).length > 0;

  it('of asus-z00t hangs on one clock controller', ({ skip }) => {
    if (knows('qcom,gcc-msm8939')) return skip('this kernel has gcc-msm8939');
    const found = survey('qcom/msm8939-asus-z00t.dtb');
    const [clocks, ...others] = found.blockers;
    expect(clocks?.compatible).toEqual(['qcom,gcc-msm8939']);
    expect(others).toEqual([]);
    expect(clocks?.consumers).toEqual(expect.arrayContaining(ROLE_NODES));
    expect(requireRoles(found, ROLES).map(({ level, where }) => `${level} ${where}`)).toEqual(
      ROLE_NODES.map((path) => `error ${path}`),
    );
  });

  it('of asus-z00t is whole with two drivers added', () => {
    const found = survey('qcom/msm8939-asus-z00t.dtb', MSM8939);
    expect(found.blockers).toEqual([]);
    expect(found.dark.filter(({ dark }) => dark?.cause !== 'driver')).toEqual([]);
    expect(requireRoles(found, ROLES)).toEqual([]);
  });

  it('of an sdm845 phone is clean for storage, USB and console as it is', () => {
    const found = survey('qcom/sdm845-oneplus-enchilada.dtb');
    expect(requireRoles(found, ROLES)).toEqual([]);
    expect(ROLES.map((role) => roleNodes(found, role).map(({ path }) => path))).toEqual([
      ['/soc@0/ufshc@1d84000'],
      ['/soc@0/usb@a6f8800/usb@a600000'],
      ['/soc@0/geniqup@ac0000/serial@a84000'],
    ]);
  });

  it('of other SoCs names what their kernels leave out', () => {
    // Debian's arm64 kernels drive the SoC of this phone in parts only.
    const fp4 = requireRoles(survey('qcom/sm7225-fairphone-fp4.dtb'), ROLES);
    const named = fp4.flatMap(({ what }) => [...what.matchAll(/\((qcom,[^)]+)\)/g)].map(([, name]) => name));
    expect(named.length).toBeGreaterThanOrEqual(fp4.length);
    for (const name of named) expect([name, knows(name ?? '')]).toEqual([name, false]);
    expect(requireRoles(survey('qcom/msm8916-asus-z00l.dtb'), ROLES)).toEqual([]);
  });
});
