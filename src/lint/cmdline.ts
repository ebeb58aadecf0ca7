import { utf8 } from '../binary/index.ts';
import { forbiddenOf, type Loader } from '../device/index.ts';
import type { Finding } from './finding.ts';

export interface CmdlineFacts {
  /** As it stands in the image, padding for characters that the loader eats included. */
  readonly cmdline: string;
  readonly loader: Pick<Loader, 'name' | 'cmdlineLimit'>;
  /** How the image is laid out for the loader. */
  readonly layout: 'plain' | 'window' | 'header';
  /** Parameters that the device file keeps off, as `bootimg.cmdline_forbidden` has them. */
  readonly forbidden?: readonly string[];
}

type Parameters = ReadonlyMap<string, string>;

/** Reads the command line as the loader and the kernel will. */
export function checkCmdline(facts: CmdlineFacts): Finding[] {
  const parameters = parametersOf(facts.cmdline);
  return [
    lengthFinding(facts),
    charactersFinding(facts.cmdline),
    simplefbFinding(parameters, facts.layout),
    consoleFinding(parameters),
    ...initFindings(parameters),
    ...checkForbidden(facts.cmdline, facts.forbidden ?? []),
  ].filter((finding) => finding !== undefined);
}

/** Quotes kept together as in lib/cmdline.c next_arg(). */
function wordsOf(cmdline: string): readonly string[] {
  return cmdline.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

/** The last value of each parameter. */
function parametersOf(cmdline: string): Parameters {
  return new Map(
    wordsOf(cmdline).map((word) => {
      const at = word.indexOf('=');
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

function lengthFinding({ cmdline, loader }: CmdlineFacts): Finding | undefined {
  const length = utf8(cmdline).length;
  if (length <= loader.cmdlineLimit) return undefined;
  return {
    code: 'lint.cmdline-length',
    level: 'error',
    what: `the command line has ${length} bytes, ${loader.name} reads ${loader.cmdlineLimit}`,
    where: 'cmdline',
    why: `${length - loader.cmdlineLimit} bytes at its end never reach the kernel: ${JSON.stringify(cmdline.slice(loader.cmdlineLimit))}`,
    todo: 'shorten it, or move settings of stage-1 into its own configuration',
  };
}

function charactersFinding(cmdline: string): Finding | undefined {
  const odd = /[^ -~]/.exec(cmdline);
  const openQuote = (cmdline.match(/"/g) ?? []).length % 2 === 1;
  if (odd === null && !openQuote) return undefined;
  return {
    code: 'lint.cmdline-text',
    level: odd === null ? 'warning' : 'error',
    what:
      odd === null
        ? 'the command line has a quote that is not closed'
        : `the command line holds ${JSON.stringify(odd[0])} at character ${odd.index}`,
    where: 'cmdline',
    why: 'loader and kernel take a single line of printable ASCII; what follows is cut off or joined',
    todo: 'write one parameter per entry, in ASCII, quotes in pairs',
  };
}

const SIMPLEFB = 'lk2nd.pass-simplefb';

function simplefbFinding(parameters: Parameters, layout: CmdlineFacts['layout']): Finding | undefined {
  const value = parameters.get(SIMPLEFB);
  if (value === undefined || layout !== 'window' || value.split(',').includes('relocate')) return undefined;
  return {
    code: 'lint.simplefb-window',
    level: 'error',
    what: `${SIMPLEFB}=${value} without relocate, with a window payload`,
    where: 'cmdline',
    why: "the loader's framebuffer lies inside the payload; passed on where it is, it becomes reserved memory under the running kernel",
    todo: `write ${SIMPLEFB}=${['relocate', ...value.split(',').filter((entry) => entry !== '')].join(',')}`,
  };
}

function consoleFinding(parameters: Parameters): Finding | undefined {
  const value = parameters.get('console');
  if (value !== 'null' && value !== '' && value !== 'ttynull') return undefined;
  return {
    code: 'lint.console-null',
    level: 'warning',
    what: `console=${value} is the last console parameter`,
    where: 'cmdline',
    why: 'messages of the kernel and of stage-1 go nowhere; a boot that fails is silent',
    todo: 'name a console (console=tty0, the serial port), at least while bringing the device up',
  };
}

/** Parameters that keep stage-1 from starting. */
function initFindings(parameters: Parameters): Finding[] {
  const rdinit = parameters.get('rdinit');
  const found = [
    rdinit === undefined || rdinit === '/init' ? undefined : `rdinit=${rdinit}`,
    parameters.has('noinitrd') ? 'noinitrd' : undefined,
    parameters.has('skip_initramfs') ? 'skip_initramfs' : undefined,
  ].filter((word) => word !== undefined);
  return found.map((word) => ({
    code: 'lint.cmdline-init',
    level: 'error',
    what: `${word} on the command line`,
    where: 'cmdline',
    why: "the kernel does not run stage-1's /init",
    todo: `take ${word} off`,
  }));
}

/** Words of a command line that a device file keeps off, `forbidden` as `bootimg.cmdline_forbidden` has them. */
export function checkForbidden(cmdline: string, forbidden: readonly string[]): Finding[] {
  return forbiddenOf(wordsOf(cmdline), forbidden).map(({ word, by }) => ({
    code: 'lint.cmdline-forbidden',
    level: 'error',
    what: `${word} on the command line`,
    where: 'cmdline',
    why: `the device file forbids ${by} (bootimg.cmdline_forbidden): this kernel or what it starts does not work with it`,
    todo: `take ${word} off, or correct cmdline_forbidden`,
  }));
}
