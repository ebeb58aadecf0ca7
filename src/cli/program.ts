import { readFileSync } from 'node:fs';
import { Command, Help } from 'commander';
import { avbCommand } from './avb.ts';
import { bootCommand } from './boot.ts';
import { bootimgCommand } from './bootimg.ts';
import { cacheCommand } from './cache.ts';
import { completionCommand } from './completion.ts';
import { deviceCommand } from './device.ts';
import { devicesCommand } from './devices.ts';
import { diffCommand } from './diff.ts';
import { doctorCommand } from './doctor.ts';
import { dtCommand } from './dt.ts';
import { dtboCommand } from './dtbo.ts';
import { emulateCommand } from './emulate.ts';
import { fetchCommand } from './fetch.ts';
import { flashCommand } from './flash.ts';
import { initramfsCommand } from './initramfs.ts';
import { inspectCommand } from './inspect.ts';
import { mkbootimgCommand } from './mkbootimg.ts';
import { packCommand } from './pack.ts';
import { splashCommand } from './splash.ts';
import { sshCommand } from './ssh.ts';
import { stage1Command } from './stage1.ts';
import { paint } from './terminal.ts';
import { unpackCommand } from './unpack.ts';
import { unpackBootimgCommand } from './unpack-bootimg.ts';
import { verifyCommand } from './verify.ts';

/** The whole command line. Commands load the rooms they need when they run, so that help is instant. */
export function program(): Command {
  const root = new Command('mnx')
    .description('Boot images and initramfs for mobile devices, from one device definition')
    .version(version(), '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    // What the parser refuses is reported as every other error is.
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      styleTitle: (text) => paint('bold', text),
      styleCommandText: (text) => paint('cyan', text),
      styleOptionText: (text) => paint('cyan', text),
      subcommandTerm: (command) => new Help().subcommandTerm(command).replace(' [options]', ''),
    })
    .addHelpText('after', EXAMPLES);
  const commands = [
    bootimgCommand(),
    bootCommand(),
    flashCommand(),
    initramfsCommand(),
    splashCommand(),
    devicesCommand(),
    deviceCommand(),
    fetchCommand(),
    cacheCommand(),
    emulateCommand(),
    mkbootimgCommand(),
    unpackBootimgCommand(),
    inspectCommand(),
    diffCommand(),
    unpackCommand(),
    packCommand(),
    verifyCommand(),
    avbCommand(),
    dtCommand(),
    dtboCommand(),
    sshCommand(),
    stage1Command(),
    doctorCommand(),
    completionCommand(root),
  ];
  for (const command of commands) root.addCommand(inherit(command, root));
  return root;
}

/** `addCommand` does not pass settings on as `command()` does; every command can tell causes. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).option('--verbose', 'show what lies behind an error');
  for (const child of command.commands) inherit(child, command);
  return command;
}

const EXAMPLES = `
Examples:
  mnx bootimg --device asus-z00t            make asus-z00t-boot.img
  mnx emulate --device qemu-aarch64         boot the same stage-1 on the desk
  mnx device coverage asus-z00t             what this kernel drives on this phone
  mnx devices                               what can be built

Each command explains itself: mnx bootimg --help`;

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
