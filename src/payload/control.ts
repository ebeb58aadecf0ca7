/** Fields of one paragraph of a control file, by lower-case name. */
export type Stanza = ReadonlyMap<string, string>;

/**
 * Reads one paragraph (deb822(5)): `Name: value`, continuation lines start with a blank. Lines of
 * another shape and comments are passed over, as the archive's own lists have none.
 */
export function parseStanza(text: string): Stanza {
  const fields = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    if (/^[ \t]/.test(line)) {
      if (current !== undefined) fields.set(current, `${fields.get(current) ?? ''}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    current = colon > 0 ? line.slice(0, colon).toLowerCase() : undefined;
    if (current !== undefined) fields.set(current, line.slice(colon + 1).trim());
  }
  return fields;
}

/** All paragraphs of a text, which are separated by empty lines. */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\n[ \t]*\n/)
    .map(parseStanza)
    .filter((stanza) => stanza.size > 0);
}
