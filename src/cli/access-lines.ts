import type { Device } from '../device/index.ts';
import type { Manifest, Plan } from '../recipe/index.ts';
import { paint } from './terminal.ts';

/**
 * Who may get into an image, and how: all that a person must know who hands it on.
 * @param hostKey fingerprint of the key by which ssh knows the phone
 */
export function accessLines(
  { ssh, ramdisk, debug, adb, probe }: Plan,
  { keys }: Device,
  hostKey?: string,
): string[] {
  if (ramdisk !== undefined) return [];
  const lines = [
    `SSH: ${ssh.on ? `on, for ${ssh.because}` : 'off, because no key was named (--ssh-key FILE)'}`,
  ];
  if (hostKey !== undefined) lines.push(`Host key: ${hostKey}`);
  if (ssh.passwordless) {
    lines.push(
      `${paint('yellow', 'warning:')} --passwordless: anyone on the cable is root; the splash says so too`,
    );
  }
  if (debug) {
    const held = keys.shell === '' ? '' : `, and one in place of the real system by holding ${keys.shell}`;
    lines.push(`Debug: whoever holds the phone gets a shell on its console${held}; --release has none`);
  }
  if (adb === 'inside') {
    lines.push(`${paint('yellow', 'warning:')} adb: anyone on the cable is root, without a key`);
  }
  if (probe !== undefined) lines.push(`Probe: the phone starts again when it reaches ${probe}`);
  return lines;
}

/** What the checks of a build have to say, and what to do about it. */
export function findingLines(findings: Manifest['findings']): string[] {
  const shown = findings.filter(({ level }) => level !== 'note');
  return shown.flatMap(({ level, code, what, why, todo }) => [
    `${paint(level === 'error' ? 'red' : 'yellow', `${level}:`)} ${what} [${code}]`,
    `  ${why}`,
    `  ${todo}`,
  ]);
}
