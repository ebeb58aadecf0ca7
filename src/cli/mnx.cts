#!/usr/bin/env node
// The program `mnx`. Build scripts call `mnx mkbootimg` as often as they called AOSP's, so it starts from one
// bundled file and past the loader of ES modules, which takes as long as the packing itself.
const ELSEWHERE = ['-h', '--help', '--verbose', '--json', '--id'];

interface Mkbootimg {
  mkbootimg(args: readonly string[]): Promise<void>;
}

const [name, ...rest] = process.argv.slice(2);
if (name === 'mkbootimg' && rest.length > 0 && !rest.some((flag) => ELSEWHERE.includes(flag))) {
  const { mkbootimg } = require('./mkbootimg-run.js') as Mkbootimg;
  // Nothing is half-written: the whole program comes to the same end and says it in words.
  mkbootimg(rest).catch(() => import('./main.ts'));
} else {
  void import('./main.ts');
}
