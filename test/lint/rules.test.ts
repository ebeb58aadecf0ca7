import { describe, expect, it } from 'vitest';
import { latin1 } from '../../src/binary/index.ts';
import type { Loader } from '../../src/device/index.ts';
import { parseKernelConfig } from '../../src/kernel/index.ts';
import {
  type ConfigUse,
  checkCmdline,
  checkDtb,
  checkKernelConfig,
  checkKernelVersion,
  checkSizes,
  checkSkipInitramfs,
  checkUnlock,
  type Finding,
  hasErrors,
  type SizeFacts,
  sortFindings,
} from '../../src/lint/index.ts';
import { node, tree } from '../devicetree/sample.ts';

const MIB = 1024 * 1024;
const brief = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, code }) => `${level} ${code}`);

describe('checkSizes', () => {
  const facts = (change: Partial<SizeFacts>): SizeFacts => ({
    image: 18_008_064,
    pageSize: 2048,
    parts: [
      { name: 'ramdisk', size: 0 },
      { name: 'kernel', size: 17_900_000 },
      { name: 'dtb', size: 53_347 },
    ],
    expandedKernel: 81_825_728,
    partition: 32 * MIB,
    loader: { name: 'lk2nd', maxDownload: 256 * MIB, partitionReserved: 512 * 1024 },
    purpose: 'flash',
    ...change,
  });

  it('takes what fits, to the byte', () => {
    expect(checkSizes(facts({}))).toEqual([]);
    const room = 32 * MIB - 512 * 1024;
    expect(checkSizes(facts({ image: room }))).toEqual([]);
    expect(brief(checkSizes(facts({ image: room + 1 })))).toEqual(['error lint.partition']);
    expect(brief(checkSizes(facts({ image: room + 1, purpose: 'boot' })))).toEqual(['note lint.partition']);
    expect(checkSizes(facts({ image: room + 1, partition: undefined }))).toEqual([]);
  });

  it('names the largest parts', () => {
    const [finding] = checkSizes(facts({ image: 40_000_000 }));
    expect(finding?.what).toBe(
      'the image has 40000000 bytes, the boot partition 33554432 of which lk2nd keeps 524288: 6969856 too many; ' +
        'largest: kernel 17900000, dtb 53347',
    );
  });

  it('counts image, page and expanded kernel against the download buffer', () => {
    const rest = 256 * MIB - 18_008_064 - 2048;
    expect(checkSizes(facts({ expandedKernel: rest }))).toEqual([]);
    expect(brief(checkSizes(facts({ expandedKernel: rest + 1 })))).toEqual(['error lint.expand']);
    expect(brief(checkSizes(facts({ image: 256 * MIB + 1, partition: undefined })))).toEqual([
      'error lint.download',
    ]);
    const limitless = { name: 'x', maxDownload: undefined, partitionReserved: 0 };
    expect(checkSizes(facts({ image: 900 * MIB, partition: undefined, loader: limitless }))).toEqual([]);
  });
});

describe('checkCmdline', () => {
  const check = (cmdline: string, layout: 'plain' | 'window' | 'header' = 'plain'): Finding[] =>
    checkCmdline({ cmdline, layout, loader: { name: 'lk2nd', cmdlineLimit: 511 } });

  it('has the limit of the loader in bytes, and shows what is cut off', () => {
    expect(check('x'.repeat(511))).toEqual([]);
    const [finding] = check(`${'x'.repeat(500)} root=/dev/sda1`);
    expect(finding).toMatchObject({ code: 'lint.cmdline-length', level: 'error' });
    expect(finding?.why).toBe('4 bytes at its end never reach the kernel: "sda1"');
  });

  it('wants relocate with a window payload, and only there', () => {
    expect(brief(check('lk2nd.pass-simplefb=xrgb8888', 'window'))).toEqual(['error lint.simplefb-window']);
    expect(check('lk2nd.pass-simplefb=xrgb8888', 'window')[0]?.todo).toBe(
      'write lk2nd.pass-simplefb=relocate,xrgb8888',
    );
    expect(check('lk2nd.pass-simplefb', 'window')[0]?.todo).toBe('write lk2nd.pass-simplefb=relocate');
    expect(check('lk2nd.pass-simplefb=relocate,xrgb8888', 'window')).toEqual([]);
    expect(check('lk2nd.pass-simplefb=xrgb8888', 'plain')).toEqual([]);
  });

  it('warns of a console that leads nowhere, the last one counting', () => {
    expect(brief(check('console=tty0 console=null'))).toEqual(['warning lint.console-null']);
    expect(check('console=null console=ttyMSM0,115200')).toEqual([]);
  });

  it('refuses what keeps stage-1 from starting, but not words inside quotes', () => {
    expect(brief(check('rdinit=/bin/sh noinitrd skip_initramfs'))).toEqual(
      Array(3).fill('error lint.cmdline-init'),
    );
    expect(check('rdinit=/init dyndbg="noinitrd rdinit=/x"')).toEqual([]);
  });

  it.each([
    ['console=', 'console=tty0', true],
    ['console=', 'quiet console=ttyHSL0,115200,n8', true],
    ['console=', 'androidboot.console=ttyHSL0 no_console=1', false],
    ['console=', 'note="a console=tty0"', false],
    ['console=ttyHSL0', 'console=ttyHSL0', true],
    ['console=ttyHSL0', 'console=ttyHSL0,115200', false],
    ['console=ttyHSL0', 'console=tty0', false],
    ['quiet', 'quiet', true],
    ['quiet', 'quieter', false],
    // parameq(): the kernel takes one for the other.
    ['lpm-levels.sleep_disabled', 'lpm_levels.sleep-disabled=1', true],
    ['console=', '"console=tty0"', true],
  ])('that forbids %s finds it in %j: %s', (forbidden, cmdline, found) => {
    const loader = { name: 'lk', cmdlineLimit: 511 };
    const codes = brief(checkCmdline({ cmdline, layout: 'plain', loader, forbidden: [forbidden] }));
    expect(codes).toEqual(found ? ['error lint.cmdline-forbidden'] : []);
  });

  it('names the word and what forbids it', () => {
    const loader = { name: 'lk', cmdlineLimit: 511 };
    const facts = { cmdline: 'console=tty0 console=ttyS0', layout: 'plain', loader } as const;
    const found = checkCmdline({ ...facts, forbidden: ['console='] });
    expect(found.map(({ what }) => what)).toEqual([
      'console=tty0 on the command line',
      'console=ttyS0 on the command line',
    ]);
    expect(found[0]).toMatchObject({ where: 'cmdline' });
    expect(found[0]?.why).toContain('forbids console= (bootimg.cmdline_forbidden)');
  });

  it('refuses text that no kernel takes', () => {
    expect(brief(check('a\nb'))).toEqual(['error lint.cmdline-text']);
    expect(brief(check('größe=1'))).toEqual(['error lint.cmdline-text']);
    expect(brief(check('a="b c'))).toEqual(['warning lint.cmdline-text']);
  });
});

describe('checkDtb', () => {
  type Facts = Pick<Loader, 'name' | 'dtb' | 'needsMsmId' | 'placement'>;
  const stock: Facts = { name: 'stock LK', dtb: ['qcdt', 'append'], needsMsmId: true, placement: undefined };
  const lk2nd: Facts = { ...stock, name: 'lk2nd', needsMsmId: false, placement: {} as never };
  const bare = tree({ compatible: ['asus,z00t'] }, [node('memory@80000000'), node('chosen')]);
  const marked = tree({ compatible: 'x', 'qcom,msm-id': [239, 0] }, [node('memory'), node('chosen')]);

  it('knows which loader takes which DTB', () => {
    expect(checkDtb({ way: 'append', trees: [bare], loader: lk2nd })).toEqual([]);
    expect(brief(checkDtb({ way: 'append', trees: [bare], loader: stock }))).toEqual([
      'error lint.dtb-msm-id',
    ]);
    expect(checkDtb({ way: 'append', trees: [bare, marked], loader: stock })).toEqual([]);
    expect(brief(checkDtb({ way: 'section', trees: [bare], loader: stock }))).toEqual(['error lint.dtb-way']);
    expect(checkDtb({ way: 'qcdt', trees: [], loader: stock })).toEqual([]);
    expect(brief(checkDtb({ way: 'append', trees: [], loader: lk2nd }))).toEqual(['error lint.dtb-missing']);
    expect(brief(checkDtb({ way: 'append', trees: [bare, bare], loader: lk2nd }))).toEqual([
      'warning lint.dtb-choice',
    ]);
  });

  it('wants the nodes that the loader fills in', () => {
    const findings = checkDtb({ way: 'append', trees: [tree({ compatible: 'y' })], loader: lk2nd });
    expect(findings.map(({ what }) => what)).toEqual(['y has no /memory node', 'y has no /chosen node']);
  });
});

describe('checkKernelConfig', () => {
  const full = [
    'BLK_DEV_INITRD BINFMT_ELF BINFMT_SCRIPT PROC_FS SYSFS DEVTMPFS PRINTK TTY TMPFS UNIX98_PTYS UNIX INET RD_GZIP',
    'PACKET USB_GADGET CONFIGFS_FS USB_CONFIGFS USB_CONFIGFS_NCM FB FRAMEBUFFER_CONSOLE',
  ].flatMap((line) => line.split(' '));
  const config = (options: readonly string[], extra = ''): ReturnType<typeof parseKernelConfig> =>
    parseKernelConfig(`${options.map((name) => `CONFIG_${name}=y`).join('\n')}\n${extra}\n`);
  const check = (options: readonly string[], extra = '', use: Partial<ConfigUse> = {}): string[] =>
    checkKernelConfig(config(options, extra), { ramdisk: 'gzip', screen: true, ...use }).map(
      ({ level, where }) => `${level} ${where}`,
    );
  const without = (...names: string[]) => full.filter((name) => !names.includes(name));

  it('is content with what stage-1 needs', () => {
    expect(check(full)).toEqual([]);
  });

  it.each([
    ['gzip', 'RD_GZIP'],
    ['xz', 'RD_XZ'],
    ['zstd', 'RD_ZSTD'],
    ['lz4-legacy', 'RD_LZ4'],
    ['lzma', 'RD_LZMA'],
    ['bzip2', 'RD_BZIP2'],
  ] as const)('a %s ramdisk needs %s', (ramdisk, option) => {
    expect(check(without(option), '', { ramdisk })).toEqual([`error CONFIG_${option}`]);
    expect(check([...without(option), option], '', { ramdisk })).toEqual([]);
  });

  it.each([
    ['BINFMT_SCRIPT', 'error', /No working init found/],
    ['BLK_DEV_INITRD', 'error', /ignores the ramdisk/],
    ['TTY', 'error', /no console/],
    ['DEVTMPFS', 'warning', /by mdev/],
    ['PACKET', 'warning', /DHCP/],
    ['USB_GADGET', 'warning', /no SSH/],
    ['USB_CONFIGFS', 'warning', /cannot be set up by configfs/],
    ['USB_CONFIGFS_NCM', 'warning', /no network function/],
    ['FB', 'warning', /stay dark/],
    ['FB_DEVICE', 'warning', /stay dark/],
    ['FRAMEBUFFER_CONSOLE', 'note', /the log is not shown/],
    ['MULTIUSER', 'warning', /log in/],
  ])('without %s: %s, with the consequence', (option, level, consequence) => {
    const found = checkKernelConfig(config(without(option), `# CONFIG_${option} is not set`), {
      ramdisk: 'gzip',
      screen: true,
    });
    expect(found).toMatchObject([
      {
        code: 'lint.kernel-config',
        level,
        where: expect.stringMatching(/^CONFIG_/),
        why: expect.stringMatching(consequence),
      },
    ]);
    expect(found[0]?.todo).toMatch(/^set CONFIG_\w+=y/);
  });

  it('asks a kernel only for options that it knows: 3.4 always runs scripts and has terminals', () => {
    expect(check(without('BINFMT_SCRIPT', 'TTY'))).toEqual([]);
  });

  it('a module is enough for the gadget, not for what /init needs', () => {
    const modules = 'CONFIG_USB_GADGET=m\nCONFIG_BINFMT_SCRIPT=m';
    expect(check(without('USB_GADGET', 'BINFMT_SCRIPT'), modules)).toEqual(['error CONFIG_BINFMT_SCRIPT']);
    expect(check(without('DEVTMPFS'), 'CONFIG_DEVTMPFS=m')).toEqual(['warning CONFIG_DEVTMPFS']);
  });

  it('the way to the root is wanted where a root is named, and may be a module', () => {
    const needs = [{ option: 'BLK_DEV_NBD', why: 'no root' }];
    expect(checkKernelConfig(config(full), { ramdisk: 'gzip', needs })).toMatchObject([
      { level: 'warning', where: 'CONFIG_BLK_DEV_NBD', why: 'no root' },
    ]);
    expect(check(full, 'CONFIG_BLK_DEV_NBD=m', { needs })).toEqual([]);
  });

  it('an Android kernel has its own gadget, as has one with a fixed function', () => {
    const android = full.filter((name) => !name.includes('CONFIGFS'));
    expect(check(android)).toEqual([
      'warning CONFIG_CONFIGFS_FS',
      'warning CONFIG_USB_CONFIGFS',
      'warning CONFIG_USB_CONFIGFS_NCM',
    ]);
    expect(check([...android, 'USB_G_ANDROID'])).toEqual([]);
    expect(check(android, 'CONFIG_USB_ETH=m')).toEqual([]);
  });

  it('a phone without a screen needs no framebuffer, and one of DRM is as good', () => {
    expect(check(without('FB', 'FRAMEBUFFER_CONSOLE'), '', { screen: false })).toEqual([]);
    expect(check(without('FB'), 'CONFIG_DRM_FBDEV_EMULATION=y')).toEqual([]);
  });

  it('knows what the programs of Debian armhf are built for', () => {
    expect(check(full, 'CONFIG_ARM=y\nCONFIG_AEABI=y\n# CONFIG_VFP is not set\nCONFIG_ARM_THUMB=y')).toEqual([
      'error CONFIG_VFP',
    ]);
    expect(check(full, 'CONFIG_ARM64=y')).toEqual([]);
  });

  it('names what makes a kernel deaf to its image', () => {
    expect(check(full, 'CONFIG_INITRAMFS_FORCE=y')).toEqual(['error CONFIG_INITRAMFS_FORCE']);
    expect(check(full, 'CONFIG_CMDLINE_FORCE=y')).toEqual(['warning CONFIG_CMDLINE_FORCE']);
    expect(check(full, '# CONFIG_CMDLINE_FORCE is not set')).toEqual([]);
  });
});

describe('checkSkipInitramfs', () => {
  it('finds the switch of Android kernels that drops the ramdisk', () => {
    expect(brief(checkSkipInitramfs(latin1('code\0skip_initramfs\0code')))).toEqual([
      'warning lint.skip-initramfs',
    ]);
    expect(checkSkipInitramfs(latin1('code\0want_initramfs\0'))).toEqual([]);
  });
});

describe('checkKernelVersion', () => {
  it.each([
    ['3.4.113-g12', 'armv7', []],
    ['3.1.10', 'armv7', ['error lint.kernel-version']],
    ['2.6.35.7', 'armv7', ['error lint.kernel-version']],
    ['3.6.0', 'aarch64', ['error lint.kernel-version']],
    ['3.10.108', 'aarch64', []],
    ['10.0.1', 'x86_64', []],
    [undefined, 'armv7', []],
    ['odd', 'armv7', []],
  ] as const)('%s on %s', (version, arch, found) => {
    expect(brief(checkKernelVersion(version, arch))).toEqual(found);
  });
});

describe('checkUnlock', () => {
  it('warns of a locked root that nobody can open', () => {
    expect(brief(checkUnlock('UUID=1,luks', false))).toEqual(['warning lint.unlock']);
    expect(checkUnlock('UUID=1,luks', true)).toEqual([]);
    expect(checkUnlock('UUID=1', false)).toEqual([]);
    expect(checkUnlock(undefined, false)).toEqual([]);
  });
});

describe('findings', () => {
  it('sort errors first, and stop a build only by errors', () => {
    const finding = (level: Finding['level'], code: string): Finding => ({
      level,
      code,
      what: '',
      where: '',
      why: '',
      todo: '',
    });
    const list = [
      finding('note', 'a'),
      finding('error', 'c'),
      finding('warning', 'b'),
      finding('error', 'b'),
    ];
    expect(brief(sortFindings(list))).toEqual(['error b', 'error c', 'warning b', 'note a']);
    expect(hasErrors(list)).toBe(true);
    expect(hasErrors(list.filter(({ level }) => level !== 'error'))).toBe(false);
  });
});
