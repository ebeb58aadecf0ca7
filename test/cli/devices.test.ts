import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listDevices } from '../../src/device/index.ts';
import { desk, documentOf, mnx } from './mnx.ts';

const { env, fresh, clear } = desk();
afterAll(clear);
const cwd = fresh();
const here = { env, cwd };

const Z00T = readFileSync(resolve(import.meta.dirname, '../../devices/asus-z00t.toml'), 'utf8');

function withoutFolder<T extends { readonly file: string }>(device: T): T {
  return { ...device, file: basename(device.file) };
}

describe('mnx devices', () => {
  it('lists every device with what it is, in columns', async () => {
    const { code, stdout, stderr } = await mnx(['devices'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [head = '', ...rows] = stdout.trimEnd().split('\n');
    expect(head.split(/ {2,}/)).toEqual(['DEVICE', 'NAME', 'SOC', 'ARCH', 'SUPPORT', 'VARIANTS']);
    expect(rows.map((row) => row.split(' ')[0])).toEqual(listDevices().map(({ id }) => id));
    const column = head.indexOf('SOC');
    for (const row of rows) expect(row.slice(column - 2, column + 1)).toMatch(/^ {2}\S$/);
    expect(stdout).toMatch(/^asus-z00t .* msm8939 .* aarch64 .* mainline, downstream$/m);
  });

  it('gives the same as one document', async () => {
    const document = documentOf(await mnx(['devices', '--json'], here)) as { file: string }[];
    expect(document.map(withoutFolder)).toEqual(JSON.parse(JSON.stringify(listDevices().map(withoutFolder))));
  });
});

describe('mnx device show', () => {
  it('shows what a porter compares', async () => {
    const { code, stdout } = await mnx(['device', 'show', 'asus-z00t'], here);
    expect(code).toBe(0);
    for (const fact of [
      /^ASUS ZenFone 2 Laser/m,
      /^variant: mainline \(others: downstream\)$/m,
      /^ {2}name +lk2nd \(lk2nd-msm8916\)$/m,
      /^ {2}mapped +90\.0 MiB$/m,
      /^ {2}boot partition +32\.0 MiB$/m,
      /^ {2}drivers +gcc-msm8939, qnoc-msm8939$/m,
      /^ {2}size +1080 x 1920, stride 4320$/m,
      /^ {2}address +172\.16\.42\.1, the computer gets 172\.16\.42\.2$/m,
    ])
      expect(stdout).toMatch(fact);
  });

  it('shows the variant that was asked for', async () => {
    const args = ['device', 'show', 'asus-z00t', '--variant', 'downstream'];
    const [page, document] = await Promise.all([mnx(args, here), mnx([...args, '--json'], here)]);
    expect(page.stdout).toMatch(/^ {2}base +0x10000000$/m);
    expect(page.stdout).toMatch(/^ {2}from +the user \(--kernel\)$/m);
    expect(documentOf(document)).toMatchObject({
      id: 'asus-z00t',
      variant: 'downstream',
      bootimg: { base: 0x10000000, dtb: 'qcdt' },
    });
  });

  it('shows the quirks that the file names, and no table where it names none', async () => {
    const odd = [
      '[support]\nlevel = "untested"\nreason = "a test"',
      '[screen]\nwidth = 720\nheight = 1280\nset_mode = true\nblank = [1, 0]\nfbset = true',
      '[signals]\nleds = ["red", "green"]',
      '[quirks]\nwatchdog = { path = "/dev/watchdog" }',
      '[bootimg]\ncmdline_forbidden = ["debug"]\ncmdline_eaten = 3',
    ].join('\n');
    const head =
      'extends = "families/msm8939"\nname = "Odd"\nmanufacturer = "Maker"\ndefault_variant = "mainline"\n';
    writeFileSync(join(cwd, 'odd.toml'), head + odd);
    const { stdout } = await mnx(['device', 'show', './odd.toml'], here);
    for (const fact of [
      /^ {2}cmdline eaten +3 characters$/m,
      /^ {2}cmdline forbids +debug$/m,
      /^ {2}screen wants +its first mode set; blank 1, 0; fbset$/m,
      /^ {2}signals +red, green$/m,
      /^ {2}watchdog +\/dev\/watchdog, every 10 s$/m,
    ])
      expect(stdout).toMatch(fact);
    const { stdout: plain } = await mnx(['device', 'show', 'oneplus-enchilada'], here);
    expect(plain).not.toContain('Quirks');
  });

  it("shows a porter's own file", async () => {
    writeFileSync(join(cwd, 'mine.toml'), Z00T.replace(/^name = .*$/m, 'name = "Mine"'));
    const { code, stdout, stderr } = await mnx(['device', 'show', './mine.toml'], here);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Mine');
  });
});

describe('mnx device check', () => {
  it('finds nothing in what ships', async () => {
    for (const { id } of listDevices()) {
      const { code, stdout } = await mnx(['device', 'check', id], here);
      expect({ id, code, stdout }).toEqual({ id, code: 0, stdout: `${id}: no findings\n` });
    }
  });

  it('lists every finding with its place, its reason and what to do', async () => {
    const bad = `colour = "red"\n${Z00T.replace(/^boot = .*$/m, 'boot = "big"')}`;
    const line = bad.split('\n').indexOf('boot = "big"') + 1;
    writeFileSync(join(cwd, 'bad.toml'), bad);
    const args = ['device', 'check', 'bad.toml'];
    const [page, document] = await Promise.all([mnx(args, here), mnx([...args, '--json'], here)]);
    expect([page.code, document.code]).toEqual([1, 1]);
    expect(page.stdout).toMatch(/^error: bad\.toml:1: .*colour.* \[device\./m);
    expect(page.stdout).toContain(`error: bad.toml:${line}: `);
    expect(page.stdout).toMatch(/^ {2}why {2}\S/m);
    expect(page.stdout).toMatch(/^ {2}do {3}\S/m);
    expect((documentOf(document) as { where: string }[]).map(({ where }) => where)).toEqual(
      expect.arrayContaining(['bad.toml:1', `bad.toml:${line}`]),
    );
  });

  it('shows where TOML breaks, and exits 3', async () => {
    writeFileSync(join(cwd, 'broken.toml'), 'name = "x"\nsoc = \n');
    const { code, stdout } = await mnx(['device', 'check', 'broken.toml'], here);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^error: broken\.toml:2: invalid value \[device\.syntax\]\n {2}2 \| soc = \n {4}\| +\^$/m,
    );
  });
});
