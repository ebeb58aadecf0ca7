import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseStanzas } from './control.ts';

/** One place that apt is told about. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Reads the one-line format of sources.list(5); deb-src, comments and flat repositories are passed over. */
export function parseSourceLines(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
    if (match === null) continue;
    const [, uri = '', suite = '', components = ''] = match;
    sources.push({ uri, suites: [suite], components: words(components) });
  }
  return sources;
}

/** Reads the deb822 format of sources.list(5). */
export function parseSourceStanzas(text: string): AptSource[] {
  return parseStanzas(text)
    .filter((stanza) => words(stanza.get('types')).includes('deb') && stanza.get('enabled') !== 'no')
    .flatMap((stanza) =>
      words(stanza.get('uris')).map((uri) => ({
        uri,
        suites: words(stanza.get('suites')),
        components: words(stanza.get('components')),
      })),
    );
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Code names and moving names of Debian's suites, with the pockets that live in the main archive. */
const DEBIAN_SUITE =
  /^(buster|bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)(-backports|-updates|-proposed-updates)?\/?$/;

/**
 * The address of Debian's main archive among the machine's sources: one that serves `main` of a Debian
 * suite, best with a path that ends in `/debian`, as every official mirror's does. The security archive
 * is another one. apt's `mirror+...` methods do as well.
 */
export function debianUri(sources: readonly AptSource[]): string | undefined {
  const fit = sources.filter(
    (source) =>
      /^(https?|mirror(\+[a-z]+)?|mirror|file|copy|tor\+https?):/.test(source.uri) &&
      !/security/.test(source.uri) &&
      source.components.includes('main') &&
      source.suites.some((suite) => DEBIAN_SUITE.test(suite)),
  );
  const official = fit.find((source) => /\/debian\/?$/.test(source.uri));
  return (official ?? fit[0])?.uri.replace(/\/+$/, '');
}

/** Every source of the machine, in apt's order: sources.list, then sources.list.d by name. */
export async function readSources(file: string, folder: string): Promise<AptSource[]> {
  const sources = parseSourceLines(await readText(file));
  const names = await readdir(folder).catch(() => []);
  for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
    const text = await readText(join(folder, name));
    if (name.endsWith('.list')) sources.push(...parseSourceLines(text));
    if (name.endsWith('.sources')) sources.push(...parseSourceStanzas(text));
  }
  return sources;
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
