#!/usr/bin/env node
// The program `mnx`. It starts from one joined file, which V8 finds compiled already, and past the loader of ES
// modules, which takes a quarter of a second for the rooms of a build. `mkbootimg` has a file of its own: build
// scripts call it as often as they called AOSP's (scripts/quick-start.mjs makes these files).
const { existsSync, readFileSync } = require('node:fs') as typeof import('node:fs');
const { join } = require('node:path') as typeof import('node:path');
const { Script } = require('node:vm') as typeof import('node:vm');

const ELSEWHERE = ['-h', '--help', '--verbose', '--json', '--id'];

interface Mkbootimg {
  mkbootimg(args: readonly string[]): Promise<void>;
}

interface Main {
  main(args: readonly string[]): Promise<number>;
}

type Wrapped = (
  exports: object,
  require: NodeJS.Require,
  load: (name: string) => Promise<unknown>,
  file: string,
) => void;

/** A file that the build has joined, or undefined in a tree where only tsc ran. */
function joined<T>(name: string): T | undefined {
  const file = join(__dirname, `${name}.quick`);
  const compiled = `${file}.v8`;
  if (!existsSync(file)) return undefined;
  // What another version of Node left, or another set of flags, V8 refuses by itself and compiles anew.
  const cache = existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {};
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, ...cache });
  const exported = {};
  (script.runInThisContext() as Wrapped)(exported, require, (name) => import(name), __filename);
  return exported as T;
}

async function whole(): Promise<void> {
  const { main } = joined<Main>('main') ?? (await import('./main.ts'));
  process.exitCode = await main(process.argv.slice(2));
}

// Work that waits for what never comes has not been done: Node says so of ES modules alone.
let ended = false;
process.once('exit', () => {
  if (!ended) process.exitCode ??= 1;
});

const [name, ...rest] = process.argv.slice(2);
const alone = name === 'mkbootimg' && rest.length > 0 && !rest.some((flag) => ELSEWHERE.includes(flag));
const work = (alone ? joined<Mkbootimg>('mkbootimg-run')?.mkbootimg(rest) : undefined) ?? whole();
// Nothing is half-written: the whole program comes to the same end and says it in words.
(alone ? work.catch(whole) : work).finally(() => {
  ended = true;
});
