import * as v from 'valibot';
import { ID_RULES, type ImageId, type KeptFields } from '../bootimg/index.ts';
import { hexOf, keptValue } from './schema.ts';
import type { TomlText } from './toml-text.ts';

/** The digest of a header: how it is made, or its 32 bytes as they are. */
export const id = v.union([
  v.picklist([...ID_RULES, 'none']),
  v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, `${ID_RULES.join(', ')}, none or 64 hex digits`)),
]);

/** Inverse of {@link idOf}. */
export function putId(value: ImageId, toml: TomlText): void {
  const shown = value.kind === 'raw' ? hexOf(value.bytes) : value.kind;
  toml.put('id', shown, `${ID_RULES.join(', ')}, none; or the 32 bytes as they are`);
}

/** The id that image.toml asks for: by a rule, or the 32 bytes in hex. */
export function idOf(value: v.InferOutput<typeof id>): ImageId {
  const rule = ([...ID_RULES, 'none'] as const).find((name) => name === value);
  return rule === undefined
    ? { kind: 'raw', bytes: new Uint8Array(Buffer.from(value, 'hex')) }
    : { kind: rule };
}

/** In the order in which every header has those that it has. */
const ADDRESSES = ['kernel', 'ramdisk', 'second', 'tags', 'dtb'] as const;
type Addresses = Readonly<Partial<Record<(typeof ADDRESSES)[number], number | bigint>>>;

/** `kernel_address` and so on. */
export function putAddresses(addresses: Addresses, toml: TomlText): void {
  for (const name of ADDRESSES) toml.put(`${name}_address`, addresses[name]);
}

/** Fields that the header has otherwise than a tool would write them. */
export function putKept(fields: readonly KeptFields[], toml: TomlText): void {
  if (fields.length === 0) return;
  toml.blank();
  toml.comment(
    'Fields that mkbootimg would write otherwise. Each stays as it is, unless an edit changes what would be written instead.',
  );
  for (const field of fields) {
    const [value] = keptValue([field]) as [Record<string, string>];
    toml.item('kept');
    for (const [key, item] of Object.entries(value)) toml.put(key, item);
  }
}
