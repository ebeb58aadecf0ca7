/** A command with what may follow it. */
export interface Place {
  /** Words behind `mnx` that lead to it. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  readonly options: readonly OptionWords[];
  /** What its first argument may be: a device, or one of some words. */
  readonly argument: 'device' | readonly string[] | undefined;
}

/** An option with what follows it. */
export interface OptionWords {
  readonly flag: string;
  readonly short: string | undefined;
  readonly about: string;
  /** Words: one of these. `value`: a file or a word that nobody knows. */
  readonly takes: 'nothing' | 'value' | 'device' | readonly string[];
}

const DEVICES = `mnx devices --json 2>/dev/null | sed -n 's/^ *"id": "\\(.*\\)",*$/\\1/p'`;

/** Without a match the shell completes file names. */
export function bashScript(places: readonly Place[]): string {
  return `_mnx() {
	local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} at= word list=
	for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in -*) break ;; *) at="\${at:+$at }$word" ;; esac
	done
${choice(places)}
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
}
complete -o default -F _mnx mnx`;
}

/** Works as a file of fpath and when it is sourced. */
export function zshScript(places: readonly Place[]): string {
  return `#compdef mnx
_mnx() {
	local prev=\${words[CURRENT-1]} at= word list=
	for word in "\${(@)words[2,CURRENT-1]}"; do
		case $word in -*) break ;; *) at="\${at:+$at }$word" ;; esac
	done
${choice(places)}
	if [ -n "$list" ]; then compadd -- \${=list} || _files; else _files; fi
}
if [ "$funcstack[1]" = _mnx ]; then _mnx "$@"; else compdef _mnx mnx; fi`;
}

/** Sets `list` from `at`, the command's path, and `prev`: the part that bash and zsh share. */
function choice(places: readonly Place[]): string {
  return ['\tcase $at in', ...places.flatMap(choiceAt), '\tesac'].join('\n');
}

/** An option may take a file in one command and nothing in another, so each command has its own list. */
function choiceAt(place: Place): string[] {
  const { options, path } = place;
  const follow = options.filter(({ takes }) => takes !== 'nothing' && takes !== 'value');
  const free = options.filter(({ takes }) => takes === 'value');
  return [
    `\t${pattern(path)})`,
    '\t\tcase $prev in',
    ...follow.map((option) => `\t\t${named([option])}) list=${words(option.takes)} ;;`),
    // A file, or a word that nobody knows.
    ...(free.length === 0 ? [] : [`\t\t${named(free)}) ;;`]),
    `\t\t*) list=${wordsAt(place)} ;;`,
    '\t\tesac',
    '\t\t;;',
  ];
}

function named(options: readonly OptionWords[]): string {
  return options.flatMap(({ flag, short }) => (short === undefined ? [flag] : [flag, short])).join(' | ');
}

function pattern(path: readonly string[]): string {
  const text = path.join(' ');
  return text === '' ? '""' : `"${text}" | "${text} "*`;
}

function words(takes: OptionWords['takes']): string {
  return typeof takes === 'string' ? `$(${DEVICES})` : `"${takes.join(' ')}"`;
}

function wordsAt({ commands, options, argument }: Place): string {
  const fixed = [
    ...commands.map(({ name }) => name),
    ...(Array.isArray(argument) ? argument : []),
    ...options.map(({ flag }) => flag),
  ].join(' ');
  return argument === 'device' ? `"$(${DEVICES}) ${fixed}"` : `"${fixed}"`;
}

const FISH_DEVICES = `(mnx devices --json 2>/dev/null | string match -rg '"id": "(.*)"')`;

/** One `complete` line for each word and option, true only where its command was typed. */
export function fishScript(places: readonly Place[]): string {
  return places
    .flatMap((place) => {
      const here = `complete -c mnx -n ${quoted(condition(place))}`;
      return [
        ...place.commands.map(({ name, about }) => `${here} -f -a ${name} -d ${quoted(about)}`),
        ...(place.argument === undefined ? [] : [`${here} -f -a ${fishWords(place.argument)}`]),
        ...place.options.map(
          ({ flag, short, about, takes }) =>
            `${here} -l ${flag.slice(2)}${short === undefined ? '' : ` -s ${short.slice(1)}`}${fishTakes(takes)} -d ${quoted(about)}`,
        ),
      ];
    })
    .join('\n');
}

/** True where the words so far lead to the place and not to one below it. */
function condition({ path, commands }: Place): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.map(({ name }) => name).join(' ');
  return [...seen, ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`])].join('; and ');
}

function fishTakes(takes: OptionWords['takes']): string {
  if (takes === 'nothing') return ' -f';
  return takes === 'value' ? ' -r -F' : ` -x -a ${fishWords(takes)}`;
}

function fishWords(takes: 'device' | readonly string[]): string {
  return quoted(takes === 'device' ? FISH_DEVICES : takes.join(' '));
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
