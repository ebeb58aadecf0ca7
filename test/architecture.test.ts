import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONF_KEYS } from '../src/initramfs/index.ts';

/** Rooms and their height; a file imports from its own room or from a lower number. */
const RANK: Readonly<Record<string, number>> = {
  binary: 0,
  output: 1,
  toml: 1,
  compress: 1,
  devicetree: 2,
  kernel: 2,
  device: 2,
  avb: 3,
  payload: 3,
  initramfs: 3,
  splash: 3,
  bootimg: 4,
  stage2: 4,
  lint: 5,
  recipe: 6,
  porting: 6,
  inspect: 7,
  fastboot: 7,
  unpack: 8,
  emulate: 8,
  cli: 9,
};

/** What must start fast enters here and loads no more of the room than it needs; see each file's own words. */
const SECOND_DOORS = ['bootimg/writing.ts'];

const SRC = resolve(import.meta.dirname, '../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name.includes('/'))
  .sort();

/** Specifiers of static and dynamic imports and re-exports; the sources keep each on one statement. */
function importsOf(source: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm;
  return [...source.matchAll(pattern)].map((match) => match[1] ?? '');
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? '';
}

interface Import {
  readonly file: string;
  readonly target: string;
}

const imports: readonly Import[] = files.flatMap((file) =>
  importsOf(readFileSync(join(SRC, file), 'utf8'))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ file, target: relative(SRC, resolve(SRC, file, '..', specifier)) })),
);

describe('architecture', () => {
  it('knows every room', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in RANK))).toEqual([]);
  });

  it('imports go down only', () => {
    const upward = imports.filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      return from !== to && (RANK[to] ?? Number.POSITIVE_INFINITY) >= (RANK[from] ?? -1);
    });
    expect(upward).toEqual([]);
  });

  it("enters another room through its index, and no room's own files use theirs", () => {
    const wrong = imports.filter(({ file, target }) => {
      const throughIndex = /^[^/]+\/index\.ts$/.test(target) || SECOND_DOORS.includes(target);
      return roomOf(file) === roomOf(target) ? throughIndex : !throughIndex;
    });
    expect(wrong).toEqual([]);
  });

  it('finds imports at all', () => {
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it('keeps files under 400 lines and without junk drawers', () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 400);
    expect(long).toEqual([]);
    expect(
      files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|types|constants)(\.ts|\/)/.test(file)),
    ).toEqual([]);
  });

  it('prints and exits in cli/ alone', () => {
    const loud = files.filter(
      (file) =>
        roomOf(file) !== 'cli' &&
        /\bconsole\.(log|info|warn|error|debug)\b|(?<![#.\w])process\.(exit|stdout|stderr)\b/.test(
          readFileSync(join(SRC, file), 'utf8'),
        ),
    );
    expect(loud).toEqual([]);
  });

  it('says of every exported function and class what it is for', () => {
    const silent = files.flatMap((file) => {
      const lines = readFileSync(join(SRC, file), 'utf8').split('\n');
      return lines.flatMap((line, i) =>
        /^export (async )?(function|class) /.test(line) && !lines[i - 1]?.endsWith('*/')
          ? [`${file}: ${line}`]
          : [],
      );
    });
    expect(silent).toEqual([]);
  });

  it('documents every setting of /etc/mnx.conf (scripts/document-conf.mjs writes the table)', () => {
    const page = readFileSync(resolve(SRC, '../ARCHITECTURE.md'), 'utf8');
    const rows = Object.entries(CONF_KEYS).map(([key, meaning]) => `| \`${key}\` | ${meaning} |`);
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });

  it('names every room and every dependency in ARCHITECTURE.md', () => {
    const page = readFileSync(resolve(SRC, '../ARCHITECTURE.md'), 'utf8');
    const rooms = [...new Set(files.map(roomOf))].map((room) => `\`src/${room}\``);
    const manifest = JSON.parse(readFileSync(resolve(SRC, '../package.json'), 'utf8')) as {
      dependencies: object;
    };
    const packages = Object.keys(manifest.dependencies).map((name) => `| \`${name}\` |`);
    expect([...rooms, ...packages].filter((word) => !page.includes(word))).toEqual([]);
  });
});
