import * as v from 'valibot';

/** A value that a table of a definition may hold; `about` becomes the editor's help text. */
export const text = (about: string) =>
  v.pipe(v.string(), v.minLength(1, 'text that is not empty'), v.description(about));

/** One line of text that becomes part of a kernel command line: no blanks, no quotes to close. */
const parameter = v.pipe(
  v.string(),
  v.regex(/^[!-~]+$/, 'one kernel parameter in printable ASCII, without blanks'),
);

export const parameters = (about: string) => v.pipe(v.array(parameter), v.description(about));

/** One line of a boot configuration: a key of words joined by dots, and its value (lib/bootconfig.c). */
export const bootconfigLine = v.pipe(
  v.string(),
  v.regex(
    /^[\w-]+(?:\.[\w-]+)* *\+?= *[!-~](?:[ -~]*[!-~])?$/,
    'one line key=value in printable ASCII, such as androidboot.hardware=qcom',
  ),
);

/** Parameters named to be kept off: `name=` stands for every value, `name` for the parameter either way. */
export const forbiddenWords = (about: string) =>
  v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[^\s="]+(?:=[!-~]*)?$/, 'a parameter without blanks: console=, console=ttyHSL0 or quiet'),
      ),
    ),
    v.description(about),
  );

/** A 32-bit address or offset. */
export const address = (about: string) =>
  v.pipe(
    v.number('an integer, such as 0x0100_0000 (without quotes)'),
    v.integer('a whole number'),
    v.minValue(0, '0 or more'),
    v.maxValue(0xffff_ffff, 'at most 0xffffffff (32 bits)'),
    v.description(about),
  );

/** A count or size between `least` and `most`. */
export const count = (about: string, least: number, most: number) =>
  v.pipe(
    v.number(`an integer from ${least} to ${most}`),
    v.integer('a whole number'),
    v.minValue(least, `${least} or more`),
    v.maxValue(most, `at most ${most}`),
    v.description(about),
  );

/** Largest size that a file or partition of a phone can have here: 1 TiB. */
export const LARGEST = 2 ** 40;

export const size = (about: string) => count(about, 1, LARGEST);

export const choice = <const T extends readonly string[]>(about: string, names: T) =>
  v.pipe(v.picklist(names), v.description(about));

export const flag = (about: string) => v.pipe(v.boolean(), v.description(about));

/** A name as kmod and file systems take it. */
export const name = (about: string) =>
  v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'a name of letters, digits, dots, dashes and underscores'),
    v.description(about),
  );

/** A relative path that stays below the folder it starts from. */
export const below = (about: string) =>
  v.pipe(
    v.string(),
    v.regex(
      /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[\w.,+@/-]+$/,
      'a relative path without ".." below the folder that the key names',
    ),
    v.description(about),
  );

export const ipv4 = (about: string) =>
  v.pipe(v.string(), v.ipv4('an IPv4 address, such as 172.16.42.1'), v.description(about));

export const list = <T extends v.GenericSchema>(about: string, item: T) =>
  v.pipe(v.array(item), v.description(about));
