import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat, latin1 } from '../../src/binary/index.ts';

const KEYS = join(import.meta.dirname, 'keys');

function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = concat(parts);
  const size = content.length;
  const long = size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return concat([Uint8Array.from([tag, ...(size < 128 ? [size] : long)]), content]);
}

/** As boot_signer writes it: DER behind the image's last page. */
export function signed(image: Uint8Array, name: string, oid: string, parameters: Uint8Array): Uint8Array {
  const certificate = new X509Certificate(readFileSync(join(KEYS, `${name}.crt`))).raw;
  const length = Uint8Array.of(0, image.length >> 16, (image.length >> 8) & 255, image.length & 255);
  const attributes = element(0x30, element(0x13, latin1('/boot')), element(2, length));
  const key = createPrivateKey(readFileSync(join(KEYS, `${name}.pem`)));
  const signature = sign('sha256', concat([image, attributes]), key);
  const algorithm = element(0x30, element(6, new Uint8Array(Buffer.from(oid, 'hex'))), parameters);
  return element(
    0x30,
    element(2, Uint8Array.of(1)),
    certificate,
    algorithm,
    attributes,
    element(4, signature),
  );
}

/** What is signed. */
export const image = Uint8Array.from({ length: 6144 }, (_, i) => (i * 31 + 7) & 255);
/** Signed with RSA. */
export const RSA = signed(image, 'avb1', '2a864886f70d01010b', Uint8Array.of(5, 0));
