import { FormatError } from '../binary/index.ts';
import { parseStanza, type Stanza } from './control.ts';
import { type Clause, parseDepends, satisfies } from './dependency.ts';
import { hasShape, type Resolved } from './package.ts';
import { compareVersions } from './version.ts';

/**
 * A `Packages` list of one suite and architecture. Trixie's has 50 MB; it is searched as bytes, only
 * the paragraphs that are asked for are parsed.
 */
export class PackagesFile {
  readonly #bytes: Buffer;
  readonly #suite: string;

  constructor(bytes: Uint8Array, suite: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#suite = suite;
  }

  /**
   * Every version of a package that the clause accepts, the newest first; when there is none, packages
   * that provide the name (Debian Policy 7.5: an unversioned Provides satisfies no versioned clause).
   *
   * @throws FormatError `payload.packages` when a paragraph lacks a name, hash, size or file name
   */
  find(clause: Clause): Resolved[] {
    const real = this.#stanzas(`\nPackage: ${clause.name}\n`)
      .map((stanza) => resolvedOf(stanza, this.#suite))
      .filter((found) => satisfies(found.version, clause));
    return (real.length > 0 ? real : this.#providers(clause)).sort(
      (a, b) => compareVersions(b.version, a.version) || (a.name < b.name ? -1 : 1),
    );
  }

  #providers(clause: Clause): Resolved[] {
    const found: Resolved[] = [];
    for (const line of this.#lines('\nProvides: ')) {
      if (!line.text.includes(clause.name)) continue;
      const offers = parseDepends(line.text.slice('Provides: '.length)).flat();
      const fits = offers.some(
        (offer) =>
          offer.name === clause.name &&
          (clause.relation === undefined || (offer.relation === '=' && satisfies(offer.version, clause))),
      );
      if (fits) found.push(resolvedOf(this.#stanzaAround(line.at), this.#suite));
    }
    return found;
  }

  #stanzas(line: string): Stanza[] {
    const found: Stanza[] = [];
    // The first paragraph has no line end before it.
    if (this.#bytes.subarray(0, line.length - 1).toString('latin1') === line.slice(1)) {
      found.push(this.#stanzaAround(0));
    }
    for (let at = this.#bytes.indexOf(line); at >= 0; at = this.#bytes.indexOf(line, at + 1)) {
      found.push(this.#stanzaAround(at + 1));
    }
    return found;
  }

  *#lines(start: string): Generator<{ at: number; text: string }> {
    for (let at = this.#bytes.indexOf(start); at >= 0; at = this.#bytes.indexOf(start, at + 1)) {
      const end = this.#bytes.indexOf('\n', at + 1);
      yield { at: at + 1, text: this.#bytes.toString('utf8', at + 1, end < 0 ? undefined : end) };
    }
  }

  #stanzaAround(at: number): Stanza {
    const before = at === 0 ? -1 : this.#bytes.lastIndexOf('\n\n', at - 1);
    const after = this.#bytes.indexOf('\n\n', at);
    return parseStanza(
      this.#bytes.toString('utf8', before < 0 ? 0 : before + 2, after < 0 ? undefined : after),
    );
  }
}

function resolvedOf(stanza: Stanza, suite: string): Resolved {
  const value = (field: string): string => {
    const text = stanza.get(field) ?? '';
    if (hasShape(field, text)) return text;
    throw new FormatError('payload.packages', {
      field: `Packages ${stanza.get('package') ?? ''} ${field}`,
      offset: 0,
      got: JSON.stringify(text.slice(0, 80)),
      wanted: `a ${field} as Debian writes it`,
    });
  };
  return {
    name: value('package'),
    version: value('version'),
    arch: value('architecture'),
    suite,
    sha256: value('sha256'),
    size: Number(value('size')),
    filename: value('filename'),
    depends: [stanza.get('pre-depends'), stanza.get('depends')].filter(Boolean).join(', '),
  };
}
