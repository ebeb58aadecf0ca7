import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { latin1, sha256 } from '../../src/binary/index.ts';
import type { DriverPackages } from '../../src/payload/driver-packages.ts';
import type { PackageRef, Resolved } from '../../src/payload/package.ts';

/** A stand-in for an ELF program; nothing runs it. */
const PROGRAM = '\x7fELF program';

/**
 * Made by `tar --sort=name --owner=0 --group=0 --mtime=@0 -cf - linux-source-1.0 | xz -9 | base64` over
 * drivers/clk/{a.h,clk-a.c,clk-b.c}: an empty header, a source that includes it, another source.
 */
const SOURCE_ARCHIVE =
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AMddADYaSiB1mtgxLyWgRI0DkBLc+JnXW/eFckDwbxYcgGAPrCAG1DHeEqbfCfcTCqFUr2rI9N+1js7WUSOk39LuZaOQBGNJxmpA/YY50jobvrRtQDSRu9ZfN8QLZ00v4E/pkX4IDc/dk6td6Xp0czy26ge4KKdKEdgZhrmgA2w8zg/TgK6fa8JKiBQ6+7Schzab24WGVXX5jIyRcJd9ZeYyIAyiwbSmktI5EzWUfnvfKIlt330+ca6WHag4h6gwotnAul6UegYi2gAAAITrq5gL9uCpAAHjAYBQAADKDADvscRn+wIAAAAABFla';

type Content = string | { readonly link: string } | { readonly script: string };

/** The files of each package that a build for kernel `1.0-test` asks for, as far as it looks at them. */
function contents(name: string, host: string): Readonly<Record<string, Content>> {
  const headers = 'usr/src/linux-headers-1.0-test';
  const known: Readonly<Record<string, Readonly<Record<string, Content>>>> = {
    'linux-headers-1.0-test': {
      [`${headers}/Makefile`]:
        'KBUILD_OUTPUT=/usr/src/linux-headers-1.0-test\ninclude /usr/src/linux-headers-1.0-common/Makefile\n',
      [`${headers}/.kernelvariables`]:
        'override ARCH = arm64\nCC = $(if $(X),$(CCACHE)) $(CROSS_COMPILE)gcc-14\noverride CROSS_COMPILE = aarch64-linux-gnu-\n',
      [`${headers}/include/generated/autoconf.h`]: '',
      [`${headers}/scripts`]: { link: '../../lib/linux-kbuild-1.0/scripts' },
    },
    'linux-headers-1.0-common': { 'usr/src/linux-headers-1.0-common/Makefile': 'all:\n' },
    'linux-kbuild-1.0': {
      'usr/lib/linux-kbuild-1.0/scripts/fixdep': PROGRAM,
      'usr/lib/linux-kbuild-1.0/scripts/Kbuild.include': 'comma := ,\n',
    },
    'linux-source-1.0': {
      'usr/src/linux-source-1.0.tar.xz': Buffer.from(SOURCE_ARCHIVE, 'base64').toString('latin1'),
    },
    'gcc-14-aarch64-linux-gnu': {
      'usr/bin/aarch64-linux-gnu-gcc-14': PROGRAM,
      'usr/libexec/gcc-cross/liblto_plugin.so': PROGRAM,
      'usr/share/doc/gcc/copyright': 'text',
    },
    'cpp-14-aarch64-linux-gnu': { 'usr/libexec/gcc-cross/cc1': PROGRAM },
    'binutils-aarch64-linux-gnu': {
      'usr/bin/aarch64-linux-gnu-strip': {
        script: 'for file do case $file in *.ko) echo >> "$file.stripped";; esac; done',
      },
      'usr/bin/aarch64-linux-gnu-as': PROGRAM,
      'usr/aarch64-linux-gnu/bin/as': { link: '../../bin/aarch64-linux-gnu-as' },
      [`usr/lib/${host}/libbfd-1.so`]: 'bfd',
    },
    libc6: { [`usr/lib/${host}/ld-linux-x86-64.so.2`]: { script: 'printf "%s\\n" "$@"' } },
  };
  return known[name] ?? { [`usr/lib/${host}/${name}.so`]: name };
}

/** Packages as folders below `root`. A suite that is listed in `versions` gives other versions. */
export interface FakePackages extends DriverPackages {
  readonly asked: PackageRef[];
  readonly unpacked: string[];
  readonly versions: Map<string, string>;
}

export function fakePackages(root: string, host = 'x86_64-linux-gnu'): FakePackages {
  const asked: PackageRef[] = [];
  const unpacked: string[] = [];
  const versions = new Map<string, string>();
  return {
    asked,
    unpacked,
    versions,
    async find(wanted) {
      asked.push(...wanted);
      return wanted.map((ref) => resolved(ref, versions.get(ref.name) ?? ref.version ?? '14.2-1'));
    },
    async unpack(packages) {
      return packages.map(({ name }) => {
        unpacked.push(name);
        const folder = join(root, name);
        if (!existsSync(folder)) lay(folder, contents(name, host));
        return folder;
      });
    },
    async dropUnpacked() {},
  };
}

function resolved(ref: PackageRef, version: string): Resolved {
  const { name, arch, suite } = ref;
  const hash = sha256(latin1(`${name} ${version}`));
  return { name, version, arch, suite, sha256: hash, size: 1, filename: `pool/${name}.deb`, depends: '' };
}

function lay(folder: string, files: Readonly<Record<string, Content>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, latin1(content));
    else if ('link' in content) symlinkSync(content.link, path);
    else writeScript(path, content.script);
  }
}

export function writeScript(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

export function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}
