import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readFdt } from '../../src/devicetree/index.ts';
import { indexModules, type ModuleIndex } from '../../src/kernel/index.ts';
import {
  type Coverage,
  compatiblesIn,
  coverage,
  type ExtraDriver,
  requireRoles,
  roleNodes,
} from '../../src/lint/index.ts';

// A folder lib/modules/RELEASE of Debian's arm64 kernel 7.2, with vmlinuz and dtb/ in it.
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

  /** Nodes with an alias, nodes that only the image knows, nodes that neither knows. */
  const counts = ({ nodes }: Coverage): number[] => {
    const byAlias = nodes.filter(({ service }) => service.drivers.length > 0);
    const byImage = nodes.filter(
      ({ service, compatible }) => service.drivers.length === 0 && compatible.some(knownToImage),
    );
    return [byAlias.length, byImage.length, nodes.length - byAlias.length - byImage.length];
  };

  it('of asus-z00t hangs on one clock controller', () => {
    const found = survey('qcom/msm8939-asus-z00t.dtb');
    expect(found.nodes).toHaveLength(121);
    expect(counts(found)).toEqual([66, 15, 40]);
    expect(found.blockers.map(({ compatible, consumers }) => [compatible, consumers.length])).toEqual([
      [['qcom,gcc-msm8939'], 17],
    ]);
    expect(requireRoles(found, ROLES).map(({ level, where }) => `${level} ${where}`)).toEqual([
      'error /soc@0/mmc@7824900',
      'error /soc@0/mmc@7864900',
      'error /soc@0/usb@78d9000',
      'error /soc@0/serial@78b0000',
    ]);
  });

  it('of asus-z00t is whole with two drivers added', () => {
    const found = survey('qcom/msm8939-asus-z00t.dtb', MSM8939);
    expect(counts(found)).toEqual([71, 15, 35]);
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
    const fp4 = survey('qcom/sm7225-fairphone-fp4.dtb');
    expect(requireRoles(fp4, ROLES).every(({ what }) => what.includes('qcom,gcc-sm6350'))).toBe(true);
    expect(requireRoles(survey('qcom/msm8916-asus-z00l.dtb'), ROLES)).toEqual([]);
  });
});
