import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/binary/index.ts';
import { parseStanza, parseStanzas } from '../../src/payload/control.ts';
import { clauseText, parseDepends, satisfies } from '../../src/payload/dependency.ts';
import { PackagesFile } from '../../src/payload/packages-file.ts';

describe('control files', () => {
  it('reads fields, continuation lines and comments', () => {
    const stanza = parseStanza('Package: a\n# no\nDescription: short\n long: text\n .\nSize: 12');
    expect([...stanza]).toEqual([
      ['package', 'a'],
      ['description', 'short\nlong: text\n.'],
      ['size', '12'],
    ]);
  });

  it('separates paragraphs by empty lines', () => {
    expect(parseStanzas('A: 1\n\n \nA: 2\n').map((stanza) => stanza.get('a'))).toEqual(['1', '2']);
  });
});

describe('dependencies', () => {
  it('reads alternatives, versions and architecture qualifiers', () => {
    const groups = parseDepends('dracut | initramfs-tools (>= 0.120+deb8u2), python3:any, x(=1:2-3)');
    expect(groups.map((group) => group.map(clauseText))).toEqual([
      ['dracut', 'initramfs-tools (>= 0.120+deb8u2)'],
      ['python3'],
      ['x (= 1:2-3)'],
    ]);
  });

  it('refuses what is no dependency', () => {
    for (const text of ['a (> 1)', 'a b', '(>= 1)', 'a |']) {
      expect(() => parseDepends(text), text).toThrow(FormatError);
    }
  });

  it.each([
    ['<<', [true, false, false]],
    ['<=', [true, true, false]],
    ['=', [false, true, false]],
    ['>=', [false, true, true]],
    ['>>', [false, false, true]],
  ] as const)('relation %s', (relation, wanted) => {
    const clause = { name: 'a', relation, version: '2' };
    expect(['1', '2', '3'].map((version) => satisfies(version, clause))).toEqual(wanted);
  });
});

const HASH = 'a'.repeat(64);

function stanza(name: string, version: string, more = ''): string {
  return `Package: ${name}\nVersion: ${version}\nArchitecture: arm64\n${more}Filename: pool/${name}_${version}.deb\nSize: 3\nSHA256: ${HASH}`;
}

function listOf(...stanzas: readonly string[]): PackagesFile {
  return new PackagesFile(Buffer.from(`${stanzas.join('\n\n')}\n`), 'test');
}

const any = (name: string) => ({ name, relation: undefined, version: '' });

describe('package lists', () => {
  const list = listOf(
    stanza('first', '1'),
    stanza('twice', '1.9'),
    stanza('twice', '1.10', 'Pre-Depends: p\nDepends: d (>= 1)\n'),
    stanza('gives', '3', 'Provides: virtual, versioned (= 5), first-x\n'),
    stanza('last', '1'),
  );

  it('finds packages at the start, in the middle and at the end', () => {
    for (const name of ['first', 'gives', 'last']) expect(list.find(any(name))[0]?.name).toBe(name);
    expect(list.find(any('firs'))).toEqual([]);
  });

  it('puts the newest version first, and joins both kinds of dependencies', () => {
    expect(list.find(any('twice')).map(({ version }) => version)).toEqual(['1.10', '1.9']);
    expect(list.find(any('twice'))[0]).toMatchObject({ depends: 'p, d (>= 1)', suite: 'test', size: 3 });
    expect(list.find({ name: 'twice', relation: '=', version: '1.9' })).toHaveLength(1);
  });

  it('finds providers; a version asks for a versioned Provides', () => {
    expect(list.find(any('virtual'))[0]?.name).toBe('gives');
    expect(list.find({ name: 'virtual', relation: '>=', version: '1' })).toEqual([]);
    expect(list.find({ name: 'versioned', relation: '>=', version: '5' })[0]?.name).toBe('gives');
    expect(list.find({ name: 'versioned', relation: '>=', version: '6' })).toEqual([]);
  });

  it.each([
    ['Filename: pool/evil_1.deb', 'Filename: ../evil.deb'],
    ['Filename: pool/evil_1.deb', 'Filename: /etc/evil.deb'],
    ['Filename: pool/evil_1.deb', 'Filename: pool/a/../../evil.deb'],
    ['Size: 3', 'Size: -3'],
    [`SHA256: ${HASH}`, 'SHA256: ../../x'],
    [`SHA256: ${HASH}`, 'MD5sum: 1'],
  ])('refuses a paragraph with %s as %s', (good, bad) => {
    const damaged = listOf(stanza('evil', '1').replace(good, bad));
    expect(() => damaged.find(any('evil'))).toThrow(FormatError);
  });
});
