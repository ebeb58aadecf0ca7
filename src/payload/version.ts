/**
 * Compares Debian versions as dpkg does (deb-version(7)): epoch, upstream version, revision; runs of
 * digits as numbers, the rest by letter, `~` before everything, letters before other characters.
 *
 * @returns negative, 0 or positive, for `sort`
 */
export function compareVersions(a: string, b: string): number {
  const left = split(a);
  const right = split(b);
  return (
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}

function split(version: string): { epoch: string; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : version.slice(0, colon),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Walks both strings in steps of one run of non-digits and one run of digits. */
function comparePart(a: string, b: string): number {
  const left = runs(a);
  const right = runs(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [letters, digits] = left[i] ?? ['', ''];
    const [otherLetters, otherDigits] = right[i] ?? ['', ''];
    const order = compareLetters(letters, otherLetters) || compareDigits(digits, otherDigits);
    if (order !== 0) return order;
  }
  return 0;
}

function runs(text: string): [letters: string, digits: string][] {
  return [...text.matchAll(/([^0-9]*)([0-9]*)/g)].map((match) => [match[1] ?? '', match[2] ?? '']);
}

function compareLetters(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = weight(a[i]) - weight(b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** lib/dpkg/version.c order(): the end of a run stands between `~` and letters. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}

/** Numbers of any length; leading zeros do not count. */
function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
