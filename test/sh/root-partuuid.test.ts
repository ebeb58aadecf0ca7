import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { gptDisk } from '../boot/gpt.ts';
import { inStage1, installed, SHELLS } from './shell.ts';

const BOOT = 'a1b2c3d4-0002-4abc-8def-0123456789ab';
const ROOT = 'a1b2c3d4-0001-4abc-8def-0123456789ab';
const START = 2 * 1024 * 1024;

function gpt(sector: 512 | 4096): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-gpt-'));
  const file = join(folder, 'part');
  writeFileSync(file, new Uint8Array(8192));
  const disk = gptDisk(
    `partuuid-${sector}.img`,
    [
      { name: 'boot', file, uuid: BOOT },
      { name: 'root', file, uuid: ROOT },
    ],
    sector,
  );
  rmSync(folder, { recursive: true });
  return readFileSync(disk).subarray(0, START);
}

/** A disk with an MBR, made by the field's own tool. */
function mbr(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'mnx-mbr-'));
  const file = join(folder, 'disk');
  writeFileSync(file, '');
  truncateSync(file, 16 * 1024 * 1024);
  const table = 'label: dos\nlabel-id: 0xdeadbeef\nsize=1M\nsize=1M\n';
  execFileSync('sfdisk', ['-q', file], { input: table, stdio: ['pipe', 'ignore', 'inherit'] });
  const bytes = readFileSync(file).subarray(0, START);
  rmSync(folder, { recursive: true });
  return bytes;
}

describe.each(SHELLS)('a partition by its id, on a kernel that does not say it, under $name', (shell) => {
  const disks: Record<string, Uint8Array> = {};
  beforeAll(() => {
    disks['gpt'] = gpt(512);
    disks['ufs'] = gpt(4096);
    if (installed('sfdisk')) disks['mbr'] = mbr();
  });
  const find = (disk: string, id: string, sector = '512') =>
    inStage1(shell, 'root_device=; partition_by_id "$id"; echo "$? $root_device"'.replace('$id', id), {
      files: {
        'dev/sda': disks[disk] ?? new Uint8Array(4096),
        'sys/block/sda/queue/logical_block_size': `${sector}\n`,
        'sys/block/sda/sda1/partition': '1\n',
        'sys/block/sda/sda2/partition': '2\n',
        'sys/block/loop0/size': '0\n',
      },
    }).stdout;

  it('is found in a GPT', () => {
    expect(find('gpt', ROOT)).toBe('0 /dev/sda2\n');
    expect(find('gpt', BOOT)).toBe('0 /dev/sda1\n');
    expect(find('gpt', ROOT.replace('0001', '0003'))).toBe('1 \n');
  });

  it('is found in a GPT of 4096-byte sectors', () => {
    expect(find('ufs', ROOT, '4096')).toBe('0 /dev/sda2\n');
    expect(find('ufs', ROOT, '512')).toBe('1 \n');
  });

  it.skipIf(!installed('sfdisk'))('is found in an MBR, by the id of the disk and the number', () => {
    expect(find('mbr', 'deadbeef-02')).toBe('0 /dev/sda2\n');
    expect(find('mbr', 'deadbeef-03')).toBe('1 \n');
    expect(find('mbr', 'deadbeee-02')).toBe('1 \n');
  });

  it('is not found on a disk without a table', () => {
    expect(find('none', ROOT)).toBe('1 \n');
    expect(find('none', 'deadbeef-01')).toBe('1 \n');
  });
});
