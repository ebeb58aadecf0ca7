/** Compares Debian versions as dpkg does: negative, 0 or positive (deb-version(7)). */
export function compareVersions(_a: string, _b: string): number {
  throw new Error('being written');
}
