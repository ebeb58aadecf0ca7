import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { nearest } from '../toml/index.ts';
import { accessLines, findingLines } from './access-lines.ts';
import { type BuildFlags, payloadSource, requestOf, withBuild } from './build-options.ts';
import { firmwareLines } from './firmware-lines.ts';
import { initramfsDiff } from './initramfs-diff.ts';
import { initramfsPack } from './initramfs-pack.ts';
import { initramfsSize } from './initramfs-size.ts';
import { judgeView, sayLosses, viewOf } from './initramfs-view.ts';
import { initramfsWhy } from './initramfs-why.ts';
import { visible } from './inspect-page.ts';
import { paint, say, sayJson, sayWrote, size, table } from './terminal.ts';

interface InitramfsFlags extends BuildFlags {
  readonly output?: string;
  readonly json?: boolean;
}

/** `mnx initramfs`: the ramdisk alone, and a look into any. */
export function initramfsCommand(): Command {
  return new Command('initramfs')
    .description('build the stage-1 ramdisk of a device, or look into any ramdisk')
    .addCommand(buildCommand(), { isDefault: true })
    .addCommand(listCommand())
    .addCommand(checkCommand())
    .addCommand(extractCommand())
    .addCommand(initramfsPack())
    .addCommand(initramfsDiff())
    .addCommand(initramfsSize())
    .addCommand(initramfsWhy())
    .addHelpText(
      'after',
      `
Examples:
  mnx initramfs --device asus-z00t          the options are those of mnx initramfs build
  mnx initramfs list asus-z00t-initramfs.img
  mnx initramfs list boot.img               the ramdisk in it; check, extract, diff and size alike
  mnx initramfs check ramdisk.gz
  mnx initramfs extract ramdisk.gz -d root
  mnx initramfs pack root -o ramdisk.gz
  mnx initramfs diff old.gz new.gz
  mnx initramfs size ramdisk.gz
  mnx initramfs why jbd2 --device asus-z00t`,
    );
}

function buildCommand(): Command {
  return withBuild(
    new Command('build').hook('preAction', (_, running) => refuseWords(running.args, siblingsOf(running))),
  )
    .description('build the ramdisk of a device (also: mnx initramfs --device NAME)')
    .option('-o, --output <file>', 'where it goes (default: DEVICE-initramfs.img here)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  mnx initramfs --device asus-z00t -o ramdisk.gz\n  mnx initramfs build --device asus-flo --kernel zImage --json',
    )
    .argument('[words...]')
    .usage('[options]')
    .action((_words, flags: InitramfsFlags) => build(flags));
}

function siblingsOf({ parent }: Command): string[] {
  return (parent?.commands ?? []).map((command) => command.name());
}

/** Where no command is named a build is meant: a word is a typo of one. */
function refuseWords([word]: readonly string[], names: readonly string[]): void {
  if (word === undefined) return;
  const near = nearest(word, names);
  throw new UsageError('cli.usage', `unknown command '${word}'`, {
    hint:
      near === undefined
        ? 'mnx initramfs --help shows what there is; a ramdisk is built by mnx initramfs --device NAME.'
        : `Did you mean ${near}?`,
  });
}

async function build(flags: InitramfsFlags): Promise<void> {
  const { buildRamdisk, planBuild } = await import('../recipe/index.ts');
  const { checkOutput, writeAtomically } = await import('../output/index.ts');
  const { withProgress } = await import('./progress.ts');
  const request = await requestOf(flags);
  const plan = planBuild(request);
  const output = flags.output ?? `${request.device.id}-initramfs.img`;
  await checkOutput(output);
  const { ramdisk, contributions, modules, firmware, findings, hostKey } = await withProgress(
    async (progress) => {
      const made = await buildRamdisk(request, await payloadSource(flags, progress));
      await writeAtomically(output, [made.ramdisk.data]);
      return made;
    },
  );
  if (flags.json) {
    const { sha256 } = await import('../binary/index.ts');
    const { data, expanded } = ramdisk;
    return sayJson({
      file: output,
      size: data.length,
      expanded,
      sha256: sha256(data),
      modules,
      firmware,
      contributions,
      ssh: { on: plan.ssh.on, passwordless: plan.ssh.passwordless, hostKey },
      findings,
    });
  }
  const rows = contributions.map(({ name, entries, bytes }) => [
    `  ${name}`,
    `${entries} entries`,
    size(bytes),
  ]);
  const told = [
    ...firmwareLines(firmware),
    ...accessLines(plan, request.device, hostKey),
    ...findingLines(findings),
  ];
  for (const line of [...table(rows, [1, 2]), ...told]) say(line);
  sayWrote(output, size(ramdisk.data.length));
}

function listCommand(): Command {
  return new Command('list')
    .description('list what the kernel would have of a ramdisk')
    .argument('<file>')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exits 3 when the kernel would lose something; what it would have is listed all the same.

Examples:
  mnx initramfs list ramdisk.gz
  mnx initramfs list boot.img               the ramdisk that lies in it`,
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const view = await viewOf(file);
      const { entries } = view;
      judgeView(view);
      const facts = entries.map((entry) => ({
        path: entry.path,
        type: entry.type,
        mode: 'mode' in entry ? (entry.mode ?? 0) : 0,
        size: entry.type === 'file' ? entry.data.length : 0,
        ...(entry.type === 'symlink' ? { target: entry.target } : {}),
        ...('rdev' in entry ? { rdev: entry.rdev } : {}),
      }));
      if (json) return sayJson(facts);
      const rows = facts.map(({ type, mode, size: bytes, path, target, rdev }) => [
        type,
        mode.toString(8).padStart(4, '0'),
        rdev === undefined ? String(bytes) : `${rdev.major},${rdev.minor}`,
        visible(target === undefined ? path : `${path} -> ${target}`),
      ]);
      for (const line of table(rows, [2])) say(line);
      sayLosses(view);
    });
}

function checkCommand(): Command {
  return new Command('check')
    .description('read a ramdisk as the kernel does: what it would have, lose, and where it would stop')
    .argument('<file>')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  mnx initramfs check ramdisk.gz\n\nExits 3 when anything would be lost.',
    )
    .action(async (file: string, { json }: { json?: boolean }) => {
      const view = await viewOf(file);
      const { entries, lost, stopped } = view;
      judgeView(view);
      if (json) return sayJson({ entries: entries.length, lost, stopped });
      say(`the kernel would have ${entries.length} entries`);
      sayLosses(view);
    });
}

function extractCommand(): Command {
  return new Command('extract')
    .description('write what the kernel would have of a ramdisk into a new folder, and nothing outside it')
    .argument('<file>')
    .requiredOption('-d, --directory <folder>', 'a folder that is not there yet, or empty')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Links are written as they are and never followed; devices are left out, and named.
Exits 3 when the kernel would lose something; what it would have is extracted all the same.

Examples:
  mnx initramfs extract ramdisk.gz -d root`,
    )
    .action(extract);
}

async function extract(
  file: string,
  { directory, json }: { directory: string; json?: boolean },
): Promise<void> {
  const { extractEntries } = await import('../initramfs/index.ts');
  const { makeFolder } = await import('../output/index.ts');
  const view = await viewOf(file);
  const { entries, lost, stopped } = view;
  judgeView(view);
  const left = await makeFolder(directory, (folder) => extractEntries(entries, folder));
  if (json) return sayJson({ extracted: entries.length - left.length, left, lost, stopped });
  for (const { path, reason } of left) say(`${paint('yellow', 'left out:')} ${path}: ${reason}`);
  sayLosses(view);
  sayWrote(directory, `${entries.length - left.length} entries`);
}
