import { bootSignatureFormat, footerFormat, vbmetaFormat } from '../avb/index.ts';
import { type Format, FormatError } from '../binary/index.ts';
import {
  codecFacts,
  describeCodec,
  expandMember,
  type MemberFile,
  memberFormats,
} from '../compress/index.ts';
import { archivesEnd, type CpioArchive, cpioFormat, odcFormat } from '../initramfs/index.ts';
import { arFormat, debControl, isDeb } from '../payload/index.ts';
import { type Kind, kindOf, partOf } from './kind.ts';
import { spendLater } from './spend.ts';

export const footerKind = kindOf(footerFormat, {
  title: () => 'image with an AVB footer',
  inside: ({ image, vbmeta }, bytes) => [
    ...partOf(bytes, 'image', image),
    ...partOf(bytes, 'vbmeta', vbmeta),
  ],
});

export const vbmetaKind = kindOf(vbmetaFormat, {
  title: ({ header }) => (header.algorithm === 0 ? 'vbmeta, not signed' : 'vbmeta'),
  end: ({ trailing }, bytes) => bytes.length - trailing.length,
});

export const avb1Kind = kindOf(bootSignatureFormat, {
  title: ({ signature }) => `AVB 1 signature of ${signature.target}`,
  end: ({ trailing }, bytes) => bytes.length - trailing.length,
});

/** Each codec that can be expanded. */
export const memberKinds: readonly Kind[] = memberFormats.map(
  (format: Format<MemberFile>): Kind => ({
    name: format.name,
    format: format as Format<unknown>,
    detect: format.detect,
    open: async (bytes, budget) => {
      const codec = format.name as MemberFile['codec'];
      let end = 0;
      const data = await spendLater(budget, async (limit) => {
        const member = await expandMember(bytes, { codec, limit });
        end = member.consumed;
        return member.data;
      });
      const facts = describeCodec(codecFacts(bytes.subarray(0, end), codec));
      const expanded = { name: 'expanded', value: `${data.length} bytes` };
      return {
        title: codec,
        facts: [...facts.filter(({ name }) => name !== 'compression' && name !== 'expanded size'), expanded],
        end,
        inside: data.length === 0 ? [] : [{ name: 'content', bytes: data, offset: undefined }],
      };
    },
  }),
);

export const cpioKind: Kind = {
  name: cpioFormat.name,
  format: cpioFormat as Format<unknown>,
  detect: cpioFormat.detect,
  open: async (bytes) => {
    const { archive, end } = readArchives(bytes);
    const facts = cpioFormat.describe(archive);
    const value = (name: string): string => facts.find((fact) => fact.name === name)?.value ?? '0';
    const archives = value('archives') === '1' ? 'cpio archive' : `${value('archives')} cpio archives`;
    return { title: `${archives} of ${value('entries')} entries`, facts, end, inside: [] };
  },
};

/** Archives to the end, as a rule; else up to where a member of another kind begins. */
function readArchives(bytes: Uint8Array): { archive: CpioArchive; end: number } {
  try {
    return { archive: cpioFormat.read(bytes), end: bytes.length };
  } catch (error) {
    const end = error instanceof FormatError ? archivesEnd(bytes) : bytes.length;
    if (end === bytes.length) throw error;
    return { archive: cpioFormat.read(bytes.subarray(0, end)), end };
  }
}

export const odcKind = kindOf(odcFormat, {
  title: ({ members }) => `cpio archive of ${members.length - 1} entries in the old format`,
  end: ({ trailing }, bytes) => bytes.length - trailing.length,
});

/** Fields of a package that tell which it is. */
const CONTROL = ['package', 'version', 'architecture', 'source', 'depends', 'description'];

export const arKind: Kind = {
  name: arFormat.name,
  format: arFormat as Format<unknown>,
  detect: arFormat.detect,
  open: async (bytes) => {
    const archive = arFormat.read(bytes);
    const control = await debControl(archive);
    const fields = CONTROL.flatMap((name) => {
      const value = control?.get(name)?.split('\n')[0];
      return value === undefined ? [] : [{ name, value }];
    });
    return {
      title: isDeb(archive)
        ? `Debian package ${control?.get('package') ?? ''} ${control?.get('version') ?? ''}`.trimEnd()
        : 'ar archive',
      facts: fields,
      end: bytes.length,
      inside: archive.members.flatMap(({ name, data }) =>
        partOf(bytes, name, data).map((part) => ({ ...part, closed: true as const })),
      ),
    };
  },
};
