import { describe, expect, it } from 'vitest';
import { elf32File, elfFile } from '../initramfs/elf-file.ts';
import { inStage1, SHELLS, type Tree } from './shell.ts';

const LOADER = '/lib/ld-linux-aarch64.so.1';
const own = elfFile();
const dynamic = elfFile({ interpreter: LOADER });

describe.each(SHELLS)('an init under $name', (shell) => {
  /** Whether /sbin/init of a root may be handed over to, and why not. */
  const fits = (files: NonNullable<Tree['files']>, links: Tree['links'] = {}, conf: Tree['conf'] = {}) => {
    const inRoot = Object.fromEntries(Object.entries(files).map(([path, file]) => [`sysroot/${path}`, file]));
    const run = inStage1(shell, 'chmod -R +x "$MNX_ROOT"; init_fits && echo yes || echo "no: $misfit"', {
      files: { 'bin/busybox': own, ...inRoot },
      links: Object.fromEntries(Object.entries(links).map(([path, to]) => [`sysroot/${path}`, to])),
      conf,
    });
    expect(run.stderr).toBe('');
    return run.stdout.trim();
  };
  const cannot = 'no: has /sbin/init, which cannot be started:';

  it('starts as a program for this processor, with or without a loader', () => {
    expect(fits({ 'sbin/init': own })).toBe('yes');
    expect(fits({ 'sbin/init': dynamic, 'lib/ld-linux-aarch64.so.1': own })).toBe('yes');
    expect(fits({ 'sbin/init': dynamic })).toBe(`${cannot} its loader ${LOADER} is not there`);
  });

  it('may be one of 32 bits, but for no other processor', () => {
    const arm = elf32File('armv7', '/lib/ld-linux-armhf.so.3');
    expect(fits({ 'sbin/init': arm, 'lib/ld-linux-armhf.so.3': arm })).toBe('yes');
    expect(fits({ 'sbin/init': arm })).toBe(`${cannot} its loader /lib/ld-linux-armhf.so.3 is not there`);
    expect(fits({ 'sbin/init': elfFile({ machine: 'x86_64' }) })).toBe(
      `${cannot} it is for another processor (ELF machine 62, this one is 183)`,
    );
  });

  it('may be a script, whose interpreter is asked the same', () => {
    const script = '#! /bin/sh -e\nexec true\n';
    expect(fits({ 'sbin/init': script, 'bin/sh': own })).toBe('yes');
    expect(fits({ 'sbin/init': script })).toBe(`${cannot} its interpreter /bin/sh is not there`);
    expect(fits({ 'sbin/init': script, 'bin/sh': dynamic })).toContain(`its loader ${LOADER} is not there`);
    expect(fits({ 'sbin/init': 'exec true\n' })).toBe(`${cannot} it is no program`);
    expect(fits({ 'sbin/init': '' })).toBe(`${cannot} it is no program`);
  });

  it('is found through links of files and folders, which count from its own root', () => {
    const files = { 'usr/lib/systemd/systemd': own, 'usr/sbin/keep': '' };
    const merged = { sbin: '/usr/sbin', 'usr/sbin/init': '../lib/systemd/systemd' };
    expect(fits(files, merged)).toBe('yes');
    expect(fits(files, { 'sbin/init': '../../../usr/./lib/systemd//systemd' })).toBe('yes');
    expect(fits(files, { 'sbin/init': 'init' })).toBe('no: has no program /sbin/init');
    expect(fits(files, { 'sbin/init': '/bin/sh' })).toBe('no: has no program /sbin/init');
    expect(fits(files)).toBe('no: has no program /sbin/init');
  });
});

describe.each(SHELLS)('a path in a root under $name', (shell) => {
  it.each([
    ['/sbin/init', 0],
    ['/sbin/absent', 1],
    ['/sbin/text', 1],
    ['/absolute', 0],
    ['/relative', 0],
    ['/sbin/dangling', 1],
    ['/loop', 1],
    ['/sbin', 1],
  ])('program_in %s gives %d', (path, status) => {
    const script = `mkdir -p "$MNX_ROOT/sbin"; cd "$MNX_ROOT"; echo >sbin/init; chmod +x sbin/init; echo >sbin/text
      ln -s /sbin/init absolute; ln -s sbin/init relative; ln -s /bin/sh sbin/dangling; ln -s loop loop
      program_in "$MNX_ROOT" ${path}; echo $?`;
    expect(inStage1(shell, script).stdout).toBe(`${status}\n`);
  });
});
