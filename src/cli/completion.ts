import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { bashScript, fishScript, type OptionWords, type Place, zshScript } from './completion-scripts.ts';
import { say } from './terminal.ts';

const WRITERS: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
const SHELLS = Object.keys(WRITERS);

/** `mnx completion`: a script for the user's shell, made from the commands themselves. */
export function completionCommand(root: Command): Command {
  return new Command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      `
Examples:
  mnx completion bash > ~/.local/share/bash-completion/completions/mnx
  mnx completion zsh > ~/.zfunc/_mnx        with fpath+=~/.zfunc before compinit
  mnx completion fish > ~/.config/fish/completions/mnx.fish`,
    )
    .action((shell: string) => {
      const script = WRITERS[shell];
      if (script === undefined) {
        throw new UsageError('cli.shell', `no completion for "${shell}"`, {
          hint: `Known shells: ${SHELLS.join(', ')}.`,
        });
      }
      say(script(placesOf(root)));
    });
}

/** Flags that commands read themselves, past the parser. */
const OWN_FLAGS = new WeakMap<Command, readonly OptionWords[]>();

/** Makes flags known that a command reads itself: AOSP's, whose parser would not know its groups. */
export function withOwnFlags(
  command: Command,
  flags: Readonly<Record<string, OptionWords['takes']>>,
): Command {
  const words = Object.entries(flags).map(([name, takes]) => ({
    flag: `--${name}`,
    short: undefined,
    about: 'as listed in --help',
    takes,
  }));
  OWN_FLAGS.set(command, words);
  return command;
}

/** Every command with what may follow it, the deepest first. */
function placesOf(root: Command): Place[] {
  const places: Place[] = [];
  const visit = (command: Command, path: readonly string[]): void => {
    for (const child of command.commands) visit(child, [...path, child.name()]);
    places.push(placeOf(command, path));
  };
  visit(root, []);
  return places;
}

function placeOf(command: Command, path: readonly string[]): Place {
  const [argument] = command.registeredArguments;
  return {
    path,
    commands: command.commands.map((child) => ({ name: child.name(), about: child.description() })),
    options: [
      ...optionsOf(command),
      ...optionsOf(defaultChild(command)),
      ...(OWN_FLAGS.get(command) ?? []),
      { flag: '--help', short: '-h', about: 'display help for command', takes: 'nothing' },
    ],
    argument: argument?.name() === 'shell' ? SHELLS : argument?.name() === 'name|file' ? 'device' : undefined,
  };
}

function optionsOf(command: Command | undefined): Place['options'] {
  return (command?.options ?? []).flatMap(({ long, short, description, required, argChoices }) => {
    if (!long) return [];
    const takes = long === '--device' ? 'device' : (argChoices ?? (required ? 'value' : 'nothing'));
    return [{ flag: long, short, about: description, takes }];
  });
}

/** `mnx initramfs` takes the options of `mnx initramfs build`; the parser tells nobody which child that is. */
function defaultChild(command: Command): Command | undefined {
  const { _defaultCommandName: name } = command as unknown as { _defaultCommandName?: string | null };
  return command.commands.find((child) => child.name() === name);
}
