/** What stage-1 does on the way from a source to the root of the real system. */
export type RootFlag = 'luks' | 'fsck' | 'resize' | 'ro';

/** Where the root of the real system is, and how stage-1 gets at it. */
export interface RootSpec {
  /** `LABEL=`, `UUID=`, `PARTLABEL=`, `PARTUUID=`, `/dev/...` or `nbd=`, as it was written. */
  readonly source: string;
  /** Image file in the file system of the source. */
  readonly loop: string | undefined;
  /** Partition inside, by number or by name: the source is a partition with a table of its own. */
  readonly subpart: string | undefined;
  readonly flags: ReadonlySet<RootFlag>;
}

/** Why a text names no root. */
export interface RootFault {
  readonly what: string;
  readonly hint: string;
}

interface Form {
  readonly prefix: string;
  readonly value: RegExp;
  readonly wanted: string;
}

const ID = /^[0-9A-Fa-f]+(-[0-9A-Fa-f]+)*$/;
const PARTITION_NAME = /^.{1,36}$/u;
const PATH = /^[^/\s]+(\/[^/\s]+)*$/;

/** Ways of naming a source that stage1/lib/root-find.sh finds, and what their value looks like. */
const SOURCES: readonly Form[] = [
  { prefix: 'LABEL=', value: /^.{1,255}$/u, wanted: 'a file system label' },
  { prefix: 'UUID=', value: ID, wanted: 'hex digits and dashes' },
  { prefix: 'PARTLABEL=', value: PARTITION_NAME, wanted: 'a partition label of at most 36 characters' },
  { prefix: 'PARTUUID=', value: ID, wanted: 'hex digits and dashes' },
  { prefix: '/dev/', value: PATH, wanted: 'a device path' },
  {
    prefix: 'nbd=',
    value: /^(\d{1,3}(\.\d{1,3}){3})?(:\d{1,5})?(\/[\w./-]+)?$/,
    wanted: '[ADDRESS][:PORT][/EXPORT] of an NBD server, in IPv4',
  },
];

/** Options with a value, the same way. */
const VALUES: readonly Form[] = [
  { prefix: 'loop=', value: /^\/[^/]+(\/[^/]+)*$/, wanted: 'the path of an image in the source' },
  {
    prefix: 'luks=',
    value: /^[\w.+-]{1,100}$/,
    wanted: 'the name below /dev/mapper that the real system knows',
  },
  { prefix: 'subpart=', value: PARTITION_NAME, wanted: 'number or label of a partition inside' },
];

const FLAGS: readonly RootFlag[] = ['luks', 'fsck', 'resize', 'ro'];

/** How a root is named, for hints. */
export const ROOT_FORMS = 'LABEL=name, UUID=id, PARTLABEL=name, PARTUUID=id, /dev/name or nbd=';

/**
 * Reads `SOURCE[,OPTION]...`: the grammar of `--root`, of a device's `root` and of `mnx.root=`. A comma
 * ends a name. stage1/lib/root-spec.sh reads the same on the device.
 */
export function parseRoot(text: string): RootSpec | RootFault {
  const [source = '', ...options] = text.split(',');
  const fault = faultOf(source, text, SOURCES) ?? optionFault(options, text);
  if (fault !== undefined) return fault;
  const value = (prefix: string): string | undefined =>
    options.find((option) => option.startsWith(prefix))?.slice(prefix.length);
  return {
    source,
    loop: value('loop='),
    subpart: value('subpart='),
    flags: new Set(FLAGS.filter((flag) => options.includes(flag) || value(`${flag}=`) !== undefined)),
  };
}

/** Whether a text could not be read. */
export function isRootFault(read: RootSpec | RootFault): read is RootFault {
  return 'hint' in read;
}

function optionFault(options: readonly string[], text: string): RootFault | undefined {
  const names = options.map((option) => option.replace(/=.*/s, ''));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return { what: `${shown(text)} says ${twice} twice`, hint: 'Say it once.' };
  if (names.includes('ro') && names.includes('resize')) {
    return { what: `${shown(text)} grows what it only reads`, hint: 'Leave out ro or resize.' };
  }
  const faults = options.map((option) => {
    const flag: readonly string[] = FLAGS;
    return flag.includes(option) ? undefined : faultOf(option, text, VALUES);
  });
  return faults.find((fault) => fault !== undefined);
}

function faultOf(word: string, text: string, forms: readonly Form[]): RootFault | undefined {
  const form = forms.find(({ prefix }) => word.startsWith(prefix));
  if (form === undefined) return forms === SOURCES ? noSource(text) : noOption(word, text);
  const { prefix, value, wanted } = form;
  const rest = word.slice(prefix.length);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const sound = value.test(rest) && !/[\x00-\x1f\x7f]/.test(rest) && !rest.split('/').includes('..');
  if (sound) return undefined;
  return {
    what: `${shown(text)}: behind ${prefix} stands no ${wanted.replace(/^an? /, '')}`,
    hint: `Write ${prefix} and ${wanted}.`,
  };
}

function noSource(text: string): RootFault {
  return { what: `${shown(text)} names no root`, hint: `Use ${ROOT_FORMS}.` };
}

function noOption(word: string, text: string): RootFault {
  return {
    what: `${shown(text)}: there is no option ${shown(word)}`,
    hint: `The options are ${FLAGS.join(', ')}, luks=name, loop=/path and subpart=N; a name with a comma is named by its UUID.`,
  };
}

function shown(text: string): string {
  return JSON.stringify(text);
}
