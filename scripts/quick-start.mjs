// Joins what the program needs into two files, one for `mnx mkbootimg` alone, and keeps what V8 compiled of them
// beside those, as src/cli/mnx.cts loads them. Run behind tsc.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { build } from 'esbuild';

const CLI = join(import.meta.dirname, '..', 'dist', 'cli');
/** Packages that come with files of their own (machine code, WebAssembly). */
const ASIDE = ['sharp', 'harfbuzzjs', '@bokuweb/zstd-wasm'];

/** Not a module of its own: a function that is given what modules are given. */
async function joined(name) {
  const { outputFiles } = await build({
    entryPoints: [join(CLI, `${name}.js`)],
    bundle: true,
    external: ASIDE,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // Names stay, for those who read a stack.
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
    logLevel: 'warning',
    // Every room lies as deep as cli/: what the package holds is found from there as well.
    define: { 'import.meta.url': '__mnx' },
  });
  // A script has no import of its own.
  const text = outputFiles[0].text.replace(/\bimport\((?="|`)/g, '__import(');
  return `(function(__exports,require,__import,__file){const module={exports:{}},__mnx=require("node:url").pathToFileURL(__file).href;${text}
Object.defineProperties(__exports,Object.getOwnPropertyDescriptors(module.exports))})`;
}

/** V8 keeps the functions that have run: `use` runs those that everybody wants. */
async function makeQuick(name, use) {
  const file = join(CLI, `${name}.quick`);
  const source = await joined(name);
  writeFileSync(file, source, 'latin1');
  const script = new Script(source, { filename: file });
  const exported = {};
  script.runInThisContext()(exported, createRequire(file), (name) => import(name), join(CLI, 'mnx.cjs'));
  await use(exported);
  writeFileSync(`${file}.v8`, script.createCachedData());
}

/** Runs a command whose words nobody is to read; it is to end well. */
async function silently(command) {
  const words = [];
  const streams = [process.stdout, process.stderr];
  for (const stream of streams) stream.write = (text) => words.push(text) > 0;
  const code = await command().finally(() => {
    // The stream's own again, which its kind has.
    for (const stream of streams) delete stream.write;
  });
  if (code !== 0) throw new Error(words.join(''));
}

const scratch = mkdtempSync(join(tmpdir(), 'mnx-build-'));
try {
  const [part, boot, vendor, tree] = ['part', 'boot.img', 'vendor_boot.img', 'tree'].map((name) =>
    join(scratch, name),
  );
  writeFileSync(part, new Uint8Array(4096));
  const parts = ['--kernel', part, '--ramdisk', part, '--cmdline', 'quiet', '-o', boot];
  // One image of each kind.
  await makeQuick('mkbootimg-run', async ({ mkbootimg }) => {
    await mkbootimg(['--header_version', '2', '--dtb', part, ...parts]);
    const more = ['--vendor_ramdisk', part, '--vendor_boot', vendor];
    await mkbootimg(['--header_version', '4', '--dtb', part, ...parts, ...more]);
  });
  await makeQuick('main', async ({ main }) => {
    cpSync(join(CLI, '..', '..', 'stage1'), tree, { recursive: true });
    for (const line of [['--help'], ['devices'], ['inspect', boot], ['initramfs', 'pack', tree, '-o', vendor]]) {
      await silently(() => main(line));
    }
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
