import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MissingError, utf8 } from '../../src/binary/index.ts';
import {
  pickSources,
  quotedIncludes,
  type ReadTree,
  sourceClosure,
} from '../../src/payload/driver-source.ts';

const KERNEL: Readonly<Record<string, string>> = {
  'drivers/clk/clk.h': '',
  'drivers/clk/qcom/clk-branch.h': '#include "clk-regmap.h"\n',
  'drivers/clk/qcom/clk-regmap.h': '#include <linux/clk-provider.h>\n',
  'drivers/clk/qcom/gcc-a.c': '#include <linux/module.h>\n#include "clk-branch.h"\n',
  'drivers/clk/qcom/gcc-b.c': '#include "../clk.h"\n#include "linux/from-include-path.h"\n',
  'drivers/clk/qcom/other.h': '',
  'drivers/zz/last.c': '',
};

/** A kernel tree whose files come in the order given; `passes` holds what was read in each pass. */
function archive(paths: readonly string[] = Object.keys(KERNEL)): { read: ReadTree; passes: string[][] } {
  const passes: string[][] = [];
  async function* read(wanted: (path: string) => boolean) {
    const seen: string[] = [];
    passes.push(seen);
    for (const path of paths) {
      seen.push(path);
      if (wanted(path)) yield { path, data: utf8(KERNEL[path] ?? '') };
    }
  }
  return { read, passes };
}

const tree = (files: Readonly<Record<string, string>>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, utf8(text)]));

describe('quotedIncludes', () => {
  it('takes names in quotes, each once, in order', () => {
    const text = '#include <a.h>\n  #  include "b.h" // why\n#include\t"c/d.h"\n#include "b.h"\nx "e.h"\n';
    expect(quotedIncludes(text)).toEqual(['b.h', 'c/d.h']);
  });

  it('never leaves its line', () => {
    expect(quotedIncludes('#include "a.h\n#include "b.h"\n')).toEqual(['b.h']);
  });
});

describe('sourceClosure', () => {
  it('follows headers from the folder of the file that includes', () => {
    const found = sourceClosure(
      tree({
        'd/a.c': '#include "sub/x.h"\n',
        'd/sub/x.h': '#include "y.h"\n',
        'd/sub/y.h': '',
        'd/y.h': '',
      }),
      ['d/a.c'],
    );
    expect(found).toEqual({ files: ['d/a.c', 'd/sub/x.h', 'd/sub/y.h'], absent: [] });
  });

  it('ends on headers that include each other and names what is absent', () => {
    const found = sourceClosure(
      tree({ 'd/a.c': '#include "b.h"\n', 'd/b.h': '#include "a.c"\n#include "z.h"\n' }),
      ['d/a.c'],
    );
    expect(found).toEqual({ files: ['d/a.c', 'd/b.h'], absent: ['d/z.h'] });
  });
});

describe('pickSources', () => {
  const A = 'drivers/clk/qcom/gcc-a.c';
  const B = 'drivers/clk/qcom/gcc-b.c';

  it('takes the source and the headers that it reaches, and stops there', async () => {
    const { read, passes } = archive();
    const picked = await pickSources(read, [A]);
    expect([...picked.keys()]).toEqual([
      'drivers/clk/qcom/clk-branch.h',
      'drivers/clk/qcom/clk-regmap.h',
      'drivers/clk/qcom/gcc-a.c',
    ]);
    expect(passes.map((pass) => pass.at(-1))).toEqual([A]);
  });

  it('goes back for a header of another folder, and leaves absent ones to the compiler', async () => {
    const { read, passes } = archive();
    expect([...(await pickSources(read, [B])).keys()]).toEqual(['drivers/clk/clk.h', B]);
    expect(passes.length).toBe(2);
  });

  it('gives the same files in whatever order the archive has them', async () => {
    const wanted = [...(await pickSources(archive().read, [A, B]))];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(Object.keys(KERNEL), { minLength: Object.keys(KERNEL).length }),
        async (paths) => {
          expect([...(await pickSources(archive(paths).read, [A, B]))]).toEqual(wanted);
        },
      ),
    );
  });

  it('names a source that the kernel does not have', async () => {
    const picked = pickSources(archive().read, [A, 'drivers/clk/qcom/gcc-c.c']);
    await expect(picked).rejects.toThrow(MissingError);
    await expect(picked).rejects.toThrow('the kernel source has no drivers/clk/qcom/gcc-c.c');
  });
});
