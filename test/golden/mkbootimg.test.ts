import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { concat, UsageError } from '../../src/binary/index.ts';
import { program } from '../../src/cli/program.ts';
import { random } from '../bootimg/random.ts';
import { type Case, KINDS, makeCase } from './mkbootimg-cases.ts';
import { haveMkbootimg, tool } from './mkbootimg-tool.ts';

const present = haveMkbootimg();

const SEED = Number(process.env['MNX_SEED'] ?? 20261122);
/** Sets of arguments for each kind of image. */
const RUNS = 84;
const UNPACK_RUNS = 24;

/** Many argument lists in one interpreter: starting Python takes longer than packing. */
const RUN_ALL = `
import contextlib, io, json, runpy, shutil, sys
path = shutil.which(sys.argv[1])
outputs = []
for args in json.load(sys.stdin):
    sys.argv = [path, *args]
    text = io.StringIO()
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_path(path, run_name='__main__')
        outputs.append(text.getvalue())
    except (Exception, SystemExit):
        outputs.append(None)
json.dump(outputs, sys.stdout)
`;

/** What the tool prints for each list; null where it fails. */
function runAll(name: string, lists: readonly (readonly string[])[]): (string | null)[] {
  const input = JSON.stringify(lists);
  const args = ['-X', 'utf8', '-c', RUN_ALL, tool(name)];
  return JSON.parse(execFileSync('python3', args, { input, maxBuffer: 2 ** 28 }).toString());
}

/** What mnx prints, run within this process. */
async function mnx(args: readonly string[]): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += String(part);
    return true;
  });
  try {
    await program().parseAsync([...args], { from: 'user' });
    return text;
  } finally {
    spy.mockRestore();
  }
}

/** Every file and link below a folder with its content. */
function tree(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const found = entries.flatMap((entry): [string, string][] => {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length);
    if (entry.isSymbolicLink()) return [[name, `-> ${readlinkSync(path)}`]];
    return entry.isFile() ? [[name, readFileSync(path).toString('hex')]] : [];
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mnx-aosp-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function withFiles({ kind, args, files }: Case, run: number, out: string): string[] {
  return args.map((arg) => {
    if (arg === '@out') return join(folder, `${kind}-${run}-${out}`);
    const bytes = arg.startsWith('@') ? files[arg.slice(1)] : undefined;
    if (bytes === undefined) return arg;
    const file = join(folder, `${kind}-${run}-${arg.slice(1)}`);
    writeFileSync(file, bytes);
    return file;
  });
}

describe.skipIf(!present)(`the commands of mkbootimg 34, random arguments from seed ${SEED}`, () => {
  it.each(KINDS)(
    `mnx mkbootimg writes the same file and prints the same id ${RUNS} times: %s`,
    async (kind) => {
      console.log(`arguments are drawn from seed ${SEED} (MNX_SEED)`);
      const next = random(SEED + KINDS.indexOf(kind));
      const cases = Array.from({ length: RUNS }, () => makeCase(kind, next));
      const printed = runAll(
        'mkbootimg',
        cases.map((drawn, run) => ['--id', ...withFiles(drawn, run, 'theirs')]),
      );
      for (const [run, drawn] of cases.entries()) {
        const said = await mnx(['mkbootimg', '--id', ...withFiles(drawn, run, 'ours')]);
        const what = `run ${run}: ${drawn.args.join(' ')}`;
        expect(said, what).toBe(printed[run]);
        const [ours, theirs] = ['ours', 'theirs'].map((name) =>
          readFileSync(join(folder, `${kind}-${run}-${name}`)),
        );
        expect(ours !== undefined && theirs?.equals(ours), what).toBe(true);
      }
    },
  );

  it.each(KINDS)('mnx unpack_bootimg writes the same files and prints the same texts: %s', async (kind) => {
    const next = random(SEED + 100 + KINDS.indexOf(kind));
    const drawn = Array.from({ length: UNPACK_RUNS }, () => makeCase(kind, next));
    // unpack_bootimg ends with a traceback where mkbootimg has cut a command line within a character.
    const cases = drawn.filter(({ args }) => /^[\x20-\x7e]*$/.test(args.join('')));
    expect(cases.length).toBeGreaterThan(5);
    const image = (run: number): string => join(folder, `${kind}-${run}.img`);
    for (const [run, { pieces }] of cases.entries()) writeFileSync(image(run), concat(pieces));
    for (const flags of [[], ['--format=mkbootimg'], ['--format', 'mkbootimg', '-0']]) {
      const list = (run: number, who: string) => {
        const out = join(folder, `${kind}-${run}-parts of ${who}`);
        return ['--boot_img', image(run), '--out', out, ...flags];
      };
      const printed = runAll(
        'unpack_bootimg',
        cases.map((_, run) => list(run, 'them')),
      );
      for (const run of cases.keys()) {
        const ours = list(run, 'us');
        const said = await mnx(['unpack_bootimg', ...ours]);
        expect(said.replaceAll('parts of us', 'parts of them'), `run ${run}`).toBe(printed[run]);
        expect(tree(join(folder, `${kind}-${run}-parts of us`)), `run ${run}`).toEqual(
          tree(join(folder, `${kind}-${run}-parts of them`)),
        );
      }
    }
  });

  it('both make the image again from the printed arguments', async () => {
    const next = random(SEED + 200);
    const { pieces } = makeCase('v2', next);
    const [image, again] = [join(folder, 'whole.img'), join(folder, 'again.img')];
    writeFileSync(image, concat(pieces));
    const out = join(folder, 'whole');
    const text = await mnx(['unpack_bootimg', '--boot_img', image, '--out', out, '--format=mkbootimg', '-0']);
    await mnx(['mkbootimg', ...text.split('\0').slice(0, -1), '-o', again]);
    expect(readFileSync(again).equals(concat(pieces))).toBe(true);
  });

  it('both take the same forms of flags', async () => {
    const kernel = join(folder, 'kernel');
    writeFileSync(kernel, 'kernel');
    const forms = [
      ['--kernel', kernel, '--base=0x80000000', '--pages', '0x1000'],
      [`--kernel=${kernel}`, '--base', '0', '--base', '0o17', '--cmdline=a=b c'],
      ['--kernel', kernel, '--os_version', 'R', '--os_patch_level', '2024-03-05x', '--board', ''],
      ['--kernel', kernel, '--recovery_dtbo', kernel, '--dtb', kernel],
      ['--header_version', '3', '--kernel', kernel, '--base', '0xffffffffff', '--recovery_dtbo', kernel],
      ['--header_version', '1', '--kernel', kernel, '--ramdisk_offset', '0xfffffffff'],
    ];
    const out = (who: string, run: number): string => join(folder, `form-${run}-${who}`);
    const printed = runAll(
      'mkbootimg',
      forms.map((args, run) => [...args, '--id', `-o${out('them', run)}`]),
    );
    for (const [run, args] of forms.entries()) {
      const said = await mnx(['mkbootimg', ...args, '--id', `-o${out('us', run)}`]);
      expect(said, args.join(' ')).toBe(printed[run]);
      expect(readFileSync(out('us', run)).equals(readFileSync(out('them', run))), args.join(' ')).toBe(true);
    }
  });

  it('both refuse the same', async () => {
    const file = join(folder, 'some');
    writeFileSync(file, 'some');
    const image = join(folder, 'refused.img');
    const v4 = ['--header_version', '4', '--vendor_boot', image];
    const refused = [
      ['--header_version', '5', '-o', image],
      ['--header_version', '2', '-o', image],
      ['--header_version', '3', '--second', file, '-o', image],
      ['--header_version', '2', '--vendor_boot', image],
      ['--header_version', '3', '--vendor_boot', image],
      ['--pagesize', '1024', '-o', image],
      ['--pagesize', '010000', '-o', image],
      ['--kernel', join(folder, 'absent'), '-o', image],
      ['--recovery_dtbo', file, '--recovery_acpio', file, '-o', image],
      ['--cmdline', 'c'.repeat(1535), '-o', image],
      ['--header_version', '3', '--cmdline', 'c'.repeat(1536), '-o', image],
      ['--board', 'b'.repeat(16), '-o', image],
      ['--vendor_cmdline', 'c'.repeat(2048), '-o', image],
      ['--base', '0xffffffff', '-o', image],
      ['--base', '-0x100000000', '-o', image],
      ['--os_version', '128', '-o', image],
      ['--os_patch_level', '2024-13', '-o', image],
      ['--dt', file, '--wrong', file, '-o', image],
      ['--vendor_ramdisk_fragment', file, '-o', image],
      ['stray', '-o', image],
      [...v4, '--vendor_ramdisk_fragment', file],
      [...v4, '--ramdisk_name', 'a'],
      [...v4, '--ramdisk_name', 'default', '--vendor_ramdisk_fragment', file],
      [...v4, '--ramdisk_name', 'n'.repeat(32), '--vendor_ramdisk_fragment', file],
      [
        ...v4,
        ...['--ramdisk_name', 'a', '--vendor_ramdisk_fragment', file, '--ramdisk_name', 'a'],
        ...['--vendor_ramdisk_fragment', file],
      ],
      [...v4, '--vendor_ramdisk', file, '--ramdisk_name', '', '--vendor_ramdisk_fragment', file],
      ['-o'],
    ];
    expect(runAll('mkbootimg', refused)).toEqual(refused.map(() => null));
    rmSync(image, { force: true });
    for (const args of refused) {
      const failure = await mnx(['mkbootimg', ...args]).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure, args.join(' ')).toBeInstanceOf(UsageError);
      expect(existsSync(image), args.join(' ')).toBe(false);
    }
  });
});
