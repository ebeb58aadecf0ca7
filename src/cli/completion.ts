import { Command } from 'commander';
import { UsageError } from '../binary/index.ts';
import { say } from './terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** `mnx completion`: a script for the user's shell, made from the commands themselves. */
export function completionCommand(root: Command): Command {
  return new Command('completion')
    .description('print a completion script for a shell')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      '\nExamples:\n  mnx completion bash > ~/.local/share/bash-completion/completions/mnx\n  mnx completion fish > ~/.config/fish/completions/mnx.fish',
    )
    .action((shell: string) => {
      if (!SHELLS.includes(shell as Shell)) {
        throw new UsageError('cli.shell', `no completion for "${shell}"`, {
          hint: `Known shells: ${SHELLS.join(', ')}.`,
        });
      }
      say(WRITERS[shell as Shell](wordsOf(root)));
    });
}

/** Each command path with the words that may follow it. */
function wordsOf(root: Command): [path: string, words: string[]][] {
  const list: [string, string[]][] = [];
  const visit = (command: Command, path: string): void => {
    const children = command.commands.map((child) => child.name());
    const flags = command.options.flatMap((option) => (option.long ? [option.long] : []));
    list.push([path, [...children, ...flags, '--help']]);
    for (const child of command.commands)
      visit(child, path === '' ? child.name() : `${path} ${child.name()}`);
  };
  visit(root, '');
  return list;
}

type Words = readonly (readonly [string, readonly string[]])[];

const WRITERS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `_mnx() {
	local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path= word list
	for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in -*) break ;; *) path="\${path:+$path }$word" ;; esac
	done
	if [ "$prev" = --device ]; then
		list=$(mnx devices --json 2>/dev/null | sed -n 's/^ *"id": "\\(.*\\)",*$/\\1/p')
	else
		case $path in
${words.map(([path, list]) => `		"${path}") list="${list.join(' ')}" ;;`).join('\n')}
		*) list= ;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
}
complete -o default -F _mnx mnx`,
  zsh: (words) => `#compdef mnx
autoload -U +X bashcompinit && bashcompinit
${WRITERS.bash(words)}`,
  fish: (words) =>
    words
      .flatMap(([path, list]) => {
        const condition =
          path === ''
            ? '__fish_use_subcommand'
            : path
                .split(' ')
                .map((word) => `__fish_seen_subcommand_from ${word}`)
                .join('; and ');
        return list.map((word) =>
          word.startsWith('--')
            ? `complete -c mnx -n '${condition}' -l ${word.slice(2)}`
            : `complete -c mnx -f -n '${condition}' -a ${word}`,
        );
      })
      .concat(
        `complete -c mnx -f -l device -a '(mnx devices --json 2>/dev/null | string match -rg "\\"id\\": \\"(.*)\\"")'`,
      )
      .join('\n'),
};
