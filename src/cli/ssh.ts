import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { needDevice } from './build-options.ts';
import { foreground } from './foreground.ts';
import { portNumber } from './input-file.ts';

/** How a phone is reached. */
export interface SshFlags {
  readonly device: string;
  readonly variant?: string;
  readonly host?: string;
  readonly port?: number;
  readonly identity?: string;
}

/** `mnx ssh`: log in to stage-1, sure that it is the phone that the image was made for. */
export function sshCommand(): Command {
  return withLogin(needDevice(new Command('ssh')))
    .description("log in to a device's stage-1 over USB")
    .argument('[command...]', 'what to run there; nothing: a shell')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  mnx ssh --device asus-z00t
  mnx ssh --device asus-z00t dmesg
  mnx ssh --device asus-z00t mnx-unlock
  mnx ssh --device qemu-aarch64 --host 127.0.0.1 --port 2222 uname -a`,
    )
    .action(async (words: string[], flags: SshFlags) => {
      process.exitCode = await connect(words, flags);
    });
}

/** Adds the options that say which phone, and how to get in. */
export function withLogin(command: Command): Command {
  return command
    .option('--device <name|file>', 'the device that is booted')
    .option('--variant <name>', 'the variant that is booted')
    .option('--host <address>', "another address than the device's")
    .option('--port <n>', 'another port than 22 (mnx emulate --ssh-port)', portNumber)
    .option('--identity <file>', 'private key to log in with');
}

/**
 * Runs ssh on our terminal.
 * @param input what the command reads instead of the terminal
 * @returns its exit code
 * @throws UsageError `cli.no-host-key` when no image that lets anybody in was made here
 */
export async function connect(
  words: readonly string[],
  flags: SshFlags,
  input?: Uint8Array,
): Promise<number> {
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
    flags.port === undefined ? [] : ['-p', String(flags.port)],
    // A command that asks (mnx-unlock) needs a terminal, where we have one ourselves.
    words.length > 0 && input === undefined && process.stdin.isTTY && process.stdout.isTTY ? ['-t'] : [],
    [`root@${flags.host ?? device.usb.address}`],
    words,
  ].flat();
  return foreground({
    program: 'ssh',
    args,
    package: 'openssh-client',
    ...(input === undefined ? {} : { input }),
  });
}
