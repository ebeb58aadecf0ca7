import { isRootFault, parseRoot } from '../device/index.ts';
import type { Finding } from './finding.ts';

/** Whether anybody can give the passphrase of an encrypted root. */
export function checkUnlock(root: string | undefined, ssh: boolean): Finding[] {
  const read = root === undefined ? undefined : parseRoot(root);
  if (ssh || read === undefined || isRootFault(read) || !read.flags.has('luks')) return [];
  return [
    {
      code: 'lint.unlock',
      level: 'warning',
      what: 'the root is encrypted, and SSH is off',
      where: 'root',
      why: 'the passphrase is given over SSH: the boot will end with a locked system',
      todo: 'name a key that may log in (--ssh-key), or bring the passphrase with a --hook behind 70-ssh',
    },
  ];
}
