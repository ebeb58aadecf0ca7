import { basename, dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { MissingError, UsageError, unreadable } from '../binary/index.ts';
import { readWholeSync } from '../output/index.ts';
import { needDevice } from './build-options.ts';
import { connect, type SshFlags, withLogin } from './ssh.ts';

interface PushFlags extends SshFlags {
  readonly step?: readonly string[];
}

/** `mnx stage1`: work on the steps of a phone that is up. */
export function stage1Command(): Command {
  return new Command('stage1')
    .description('work on the steps of stage-1 without a reboot')
    .addCommand(pushCommand())
    .addHelpText('after', '\nExamples:\n  mnx stage1 push stage1/steps/50-gadget.sh --device asus-z00t');
}

function pushCommand(): Command {
  return withLogin(needDevice(new Command('push')))
    .description('copy files of stage-1 to the phone over SSH and run their steps once more')
    .argument('<file...>', 'files of a folder steps/, lib/ or bin/')
    .option(
      '--step <name>',
      'a step to run, for files that are none (repeatable)',
      (name, all: string[] = []) => [...all, name],
    )
    .addHelpText(
      'after',
      `
The phone's own copy is changed until its next boot. What the steps said is printed, and
1 is the exit code when one failed. A step that takes the cable away runs on.

Examples:
  mnx stage1 push stage1/steps/50-gadget.sh --device asus-z00t
  mnx stage1 push stage1/lib/network.sh --step network --device asus-z00t`,
    )
    .action(async (files: string[], flags: PushFlags) => {
      process.exitCode = await push(files, flags);
    });
}

async function push(files: readonly string[], flags: PushFlags): Promise<number> {
  const { packCpio, stepNamed, stepNames } = await import('../initramfs/index.ts');
  const { packageFolder } = await import('../recipe/index.ts');
  const pushed = files.map(pushedFile);
  const own = pushed.flatMap(({ step }) => step ?? []);
  const known = [...(await stepNames(packageFolder('stage1'))), ...own];
  const steps = (flags.step ?? own).map((name) => stepNamed(name, known));
  if (steps.length === 0) {
    throw new UsageError('cli.no-step', 'none of these files is a step', {
      hint: `Name the step that shows the change, with --step: ${known.join(', ')}`,
    });
  }
  const archive = packCpio(pushed.map(({ entry }) => entry));
  // cpio names no file unless asked, and the words behind && are the phone's shell's.
  const command = `cd / && cpio -iu 2>/dev/null && mnx-step ${steps.join(' ')}`;
  return connect([command], flags, archive);
}

/** A file with its place on the phone; the name of a step when it is one. */
function pushedFile(file: string) {
  const name = basename(file);
  const folder = basename(dirname(resolve(file)));
  if (!/^\w[\w.-]*$/.test(name) || !PLACES.has(folder)) {
    throw new UsageError('cli.no-stage1-file', `${file} is no file of stage-1`, {
      hint: 'Name files of a folder steps/, lib/ or bin/: the folder says where they go on the phone.',
    });
  }
  const path = `${PLACES.get(folder)}/${name}`;
  const mode = folder === 'bin' ? 0o755 : 0o644;
  const entry = { type: 'file', path, mode, data: read(file) } as const;
  return { entry, step: folder === 'steps' ? name.replace(/\.sh$/, '') : undefined };
}

const PLACES: ReadonlyMap<string, string> = new Map([
  ['steps', 'lib/mnx/steps'],
  ['lib', 'lib/mnx/lib'],
  ['bin', 'usr/bin'],
]);

function read(file: string): Uint8Array {
  try {
    return readWholeSync(file);
  } catch (cause) {
    throw new MissingError('cli.input', `cannot read ${file}${unreadable(cause)}`, {
      hint: 'Check the path.',
      cause,
    });
  }
}
