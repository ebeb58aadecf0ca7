import type { Manifest } from '../recipe/index.ts';
import { wrapped } from './terminal.ts';

/** Names of files that are missing; the manifest has all. */
const SHOWN = 3;

/** How much of the drivers' firmware is inside, and what they will ask for in vain. */
export function firmwareLines(firmware: Manifest['firmware']): string[] {
  if (firmware === undefined) return [];
  const { inside, missing } = firmware;
  const names = missing.slice(0, SHOWN).map(({ name }) => name);
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  const lacking = missing.length === 0 ? '' : `; nobody brings ${names.join(', ')}${more}`;
  const [first = '', ...rest] = wrapped(
    `${inside.length} ${inside.length === 1 ? 'file' : 'files'} inside${lacking}`,
    'Firmware: '.length,
  );
  return [`Firmware: ${first}`, ...rest.map((line) => `  ${line}`)];
}
