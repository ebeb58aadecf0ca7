import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { loaderFile } from '../src/device/loader-schema.ts';
import { deviceFile, familyFile } from '../src/device/schema.ts';

const FILES: readonly { readonly name: string; readonly title: string; readonly schema: GenericSchema }[] = [
  { name: 'device', title: 'A device of mnx: devices/NAME.toml, or a file of your own', schema: deviceFile },
  { name: 'family', title: 'What devices of mnx share: devices/families/NAME.toml', schema: familyFile },
  { name: 'loader', title: 'A loader of mnx: devices/loaders/NAME.toml', schema: loaderFile },
];

/**
 * The JSON Schema files of `devices/schema/`, made from the schemas that validate. Written by
 * `npx vitest run --project unit test/device/schema.test.ts --update`.
 */
export function schemaFiles(): Map<string, string> {
  return new Map(
    FILES.map(({ name, title, schema }) => {
      const { $schema, ...rest } = toJsonSchema(schema, { target: 'draft-07', typeMode: 'input', errorMode: 'ignore' });
      return [`${name}.schema.json`, `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`];
    }),
  );
}
