import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { needDevice } from './build-options.ts';
import { foreground } from './foreground.ts';

/** `mnx ssh`: log in to stage-1, sure that it is the phone that the image was made for. */
export function sshCommand(): Command {
  return needDevice(new Command('ssh'))
    .description("log in to a device's stage-1 over USB")
    .option('--device <name|file>', 'the device that is booted')
    .option('--variant <name>', 'the variant that is booted')
    .option('--host <address>', "another address than the device's")
    .option('--port <n>', 'another port than 22 (mnx emulate --ssh-port)')
    .option('--identity <file>', 'private key to log in with')
    .argument('[command...]', 'what to run there; nothing: a shell')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  mnx ssh --device asus-z00t
  mnx ssh --device asus-z00t dmesg
  mnx ssh --device qemu-aarch64 --host 127.0.0.1 --port 2222 uname -a`,
    )
    .action(async (words: string[], flags: SshFlags) => {
      process.exitCode = await connect(words, flags);
    });
}

interface SshFlags {
  readonly device: string;
  readonly variant?: string;
  readonly host?: string;
  readonly port?: string;
  readonly identity?: string;
}

async function connect(words: readonly string[], flags: SshFlags): Promise<number> {
  const { loadDevice } = await import('../device/index.ts');
  const { knownHosts } = await import('../recipe/index.ts');
  const device = loadDevice(flags.device, flags.variant === undefined ? {} : { variant: flags.variant });
  const known = await knownHosts(device.id);
  if (known === undefined) {
    throw new UsageError('cli.no-host-key', `no image with SSH was made for ${device.id} yet`, {
      hint: `Run: mnx bootimg --device ${flags.device} --ssh-key ~/.ssh/id_ed25519.pub`,
    });
  }
  const args = [
    ['-o', `UserKnownHostsFile=${known.file}`],
    ['-o', `HostKeyAlias=${known.alias}`],
    ['-o', 'StrictHostKeyChecking=yes'],
    ['-o', 'GlobalKnownHostsFile=/dev/null'],
    ['-o', 'ConnectTimeout=20'],
    flags.identity === undefined ? [] : ['-i', flags.identity],
    flags.port === undefined ? [] : ['-p', flags.port],
    [`root@${flags.host ?? device.usb.address}`],
    words,
  ].flat();
  return foreground({ program: 'ssh', args, package: 'openssh-client' });
}
