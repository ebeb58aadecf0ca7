import type { Command, CommanderError } from 'commander';
import { UsageError } from '../binary/index.ts';

/** What the parser refuses, in the form of every other error: its sentence, and what to try instead. */
export function usageError(error: CommanderError, root: Command, args: readonly string[]): UsageError {
  const [sentence = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const help = `${commandPath(root, args)} --help shows what there is.`;
  return new UsageError('cli.usage', sentence.replace(/\.$/, ''), {
    hint: suggestion === undefined ? help : suggestion.replace(/^\((.*)\)$/, '$1'),
    cause: error,
  });
}

/** `mnx device show`: as far as the words name commands. */
function commandPath(root: Command, args: readonly string[]): string {
  const path = [root.name()];
  let command: Command | undefined = root;
  for (const word of args) {
    command = command.commands.find((child) => child.name() === word);
    if (command === undefined) break;
    path.push(command.name());
  }
  return path.join(' ');
}
