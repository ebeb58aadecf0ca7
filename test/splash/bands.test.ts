import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gzip } from '../../src/compress/index.ts';
import { loadDevice, type Screen } from '../../src/device/index.ts';
import { packCpio, packSplash } from '../../src/initramfs/index.ts';
import {
  framePixels,
  GROUND_ROWS,
  momentFrame,
  OFFLINE,
  prepareSplash,
  progressState,
  ROW_STEP,
  renderSplash,
  type Splash,
  splashFiles,
  uprightFrame,
} from '../../src/splash/index.ts';

const STEPS = [
  '30-modules',
  '40-splash',
  '50-gadget',
  '60-network',
  '70-ssh',
  '80-root',
  '90-stage2',
  'init',
];

function phone(over: Partial<Screen> = {}): Screen {
  const { screen } = loadDevice('asus-z00t');
  if (screen === undefined) throw new Error('asus-z00t has no screen');
  const whole = { ...screen, ...over };
  return { ...whole, stride: over.stride ?? whole.width * 4 };
}

const small = phone({ width: 360, height: 640 });
const prepare = (screen: Screen, more = {}): Promise<Splash> =>
  prepareSplash({ screen, steps: STEPS, address: '172.16.42.1', ssh: true, ...more });

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('bands', () => {
  const panels = [
    [360, 640],
    [640, 360],
    [720, 720],
    [540, 1170],
    [1200, 1920],
  ] as const;
  const all = panels.flatMap(([width, height]) =>
    ([0, 90, 180, 270] as const).map((rotation) => ({ width, height, rotation })),
  );

  it.each(all)('of $width x $height turned by $rotation are rows of the panel', async (size) => {
    const screen = phone(size);
    const splash = await prepare(screen);
    const places = new Map<string, string>();
    for (const name of splash.names) {
      const { row, data } = splash.band(name);
      const end = row + data.length / screen.stride;
      expect(row % ROW_STEP).toBe(0);
      expect(Number.isInteger(end) && end > row && end <= screen.height).toBe(true);
      places.set(name.split('-')[0] ?? '', `${row} ${end}`);
    }
    // What is shown at the same time lies on rows of its own.
    for (const together of [
      ['message', 'progress', 'spinner'],
      ['error', 'step', 'access'],
    ]) {
      const ranges = together.map((part) => (places.get(part) ?? '').split(' ').map(Number));
      ranges.sort(([a = 0], [b = 0]) => a - b);
      for (const [i, [start = 0]] of ranges.entries())
        expect(start).toBeGreaterThanOrEqual(ranges[i - 1]?.[1] ?? 0);
    }
  });

  it('with the background make the picture that is shown alone', async () => {
    for (const screen of [
      small,
      phone({ width: 360, height: 650 }),
      phone({ width: 360, height: 640, rotation: 90 }),
    ]) {
      const { frame, ground, boot } = await prepare(screen);
      expect(ground.length).toBe(GROUND_ROWS * screen.stride);
      const data = new Uint8Array(frame.data.length);
      for (let at = 0; at < data.length; at += ground.length) {
        data.set(ground.subarray(0, Math.min(ground.length, data.length - at)), at);
      }
      data.set(boot.data, boot.row * screen.stride);
      expect(digest(data)).toBe(digest((await renderSplash({ screen })).data));
      expect(boot.row % GROUND_ROWS).toBe(0);
      expect(boot.data.length).toBeLessThan(0.8 * data.length);
    }
  });

  it('take less than 150 kB of the ramdisk on a panel of 1080 x 1920, all of them', async () => {
    const packed = await packSplash(splashFiles(await prepare(phone())));
    const entries = [...packed].map(([path, data]) => ({ type: 'file', path, mode: 0o644, data }) as const);
    const ramdisk = await gzip([packCpio(entries)], { level: 6 });
    expect(entries.length).toBeGreaterThan(90);
    expect(ramdisk.length).toBeLessThan(150_000);
  });

  it.each([{}, { format: 'RGB565', stride: 720 }] as const)('look the same upside down, %j', async (over) => {
    const [upright, turned] = await Promise.all([
      prepare({ ...small, ...over }),
      prepare({ ...small, ...over, rotation: 180 }),
    ]);
    for (const moment of [
      { message: 'root', at: 40 },
      { error: 'broken', step: 'init' },
    ]) {
      const seen = uprightFrame(momentFrame(turned, moment), turned.screen);
      const pixels = framePixels(momentFrame(upright, moment)).rgba;
      if (over.format === undefined) expect(digest(seen.data)).toBe(digest(pixels));
      const far = seen.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (pixels[i] ?? 0))), 0);
      expect(far).toBeLessThanOrEqual(9);
    }
  });

  it('are the same bytes again, on any machine', async () => {
    const files = splashFiles(await prepare(small));
    const again = splashFiles(await prepare(small));
    for (const [name, rows] of files) expect(digest(rows)).toBe(digest(again.get(name) ?? new Uint8Array()));
    const sum = createHash('sha256');
    for (const [name, rows] of files) if (!name.startsWith('boot')) sum.update(name).update(rows);
    expect(sum.digest('hex')).toMatchInlineSnapshot(
      `"227514f06d3ae231364979fcb2a0d5420fbafe74060baf0a7cf9f02b25f49e86"`,
    );
  });

  it('are left out where a panel has no room for words', async () => {
    const tiny = phone({ width: 120, height: 160 });
    const splash = await prepare(tiny);
    expect(splash.names).toEqual([]);
    expect(() => splash.message('hello')).toThrow(/no room for words/);
    // Nor over the test card, whose frame would be broken.
    expect((await prepare(small, { theme: 'testcard' })).names).toEqual([]);
    expect([...splashFiles(splash).keys()]).toEqual(['ground', 'boot@0-128']);
  });
});

describe('words', () => {
  it("stand on the picture's own colour where it has only one, else on the background", async () => {
    const picture = (fill: string) =>
      new TextEncoder().encode(
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 640"><defs><linearGradient id="g"><stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/></linearGradient></defs><rect width="360" height="640" fill="${fill}"/></svg>`,
      );
    const corner = async (fill: string): Promise<string> => {
      const splash = await prepare(small, { image: picture(fill) });
      const { data, row } = splash.band('message-root');
      expect(row).toBeGreaterThan(0);
      return Buffer.from(data.subarray(0, 4)).toString('hex');
    };
    expect(await corner('#123456')).toBe('563412ff');
    expect(await corner('url(#g)')).toBe('20100bff');
  });
});

describe('a banner', () => {
  it.each([0, 90, 180, 270] as const)('stays whole under what moves, turned by %i', async (rotation) => {
    const screen = phone({ width: 480, height: 800, rotation });
    const splash = await prepare(screen, { banner: 'anyone on the cable is root' });
    const bare = await prepare(screen);
    const seen = (of: Splash, moment: object) => uprightFrame(momentFrame(of, moment), screen);
    const [with_, without] = [seen(splash, {}), seen(bare, {})];
    const moved = seen(splash, { message: 'root-check', at: 60 });
    let compared = 0;
    for (let i = 0; i < with_.data.length; i += 4) {
      if (with_.data[i] === without.data[i] && with_.data[i + 1] === without.data[i + 1]) continue;
      compared++;
      expect(moved.data[i]).toBe(with_.data[i]);
    }
    expect(compared).toBeGreaterThan(5000);
  });
});

describe('the key that opens a shell', () => {
  const shown = async (rotation: 0 | 90, more: object, moment: object) => {
    const screen = phone({ width: 480, height: 800, rotation });
    const splash = await prepare(screen, { shellKey: 'volume-down', ...more });
    return uprightFrame(momentFrame(splash, moment), screen).data;
  };
  const differing = (a: Uint8Array, b: Uint8Array): number => {
    let count = 0;
    for (let i = 0; i < a.length; i += 4) if (a[i] !== b[i] || a[i + 1] !== b[i + 1]) count++;
    return count;
  };

  it.each([0, 90] as const)('is told from the step on that looks at it, turned by %i', async (rotation) => {
    const told = await shown(rotation, {}, { message: 'root', at: 80 });
    const silent = await shown(rotation, { shellKey: '' }, { message: 'root', at: 80 });
    expect(differing(told, silent)).toBeGreaterThan(800);
    expect(
      differing(told, await shown(rotation, { shellKey: '114' }, { message: 'root', at: 80 })),
    ).toBeGreaterThan(100);
    const before = { message: 'gadget', at: 50 };
    expect(
      differing(await shown(rotation, {}, before), await shown(rotation, { shellKey: '' }, before)),
    ).toBe(0);
  });

  it('takes no place of its own beside a banner', async () => {
    const { names } = await prepare(phone(), { shellKey: 'volume-down', banner: 'careful' });
    expect(names).not.toContain('shell-key');
  });
});

describe('a notch', () => {
  it('takes no part of a word', async () => {
    const safeArea = { top: 40, right: 30, bottom: 60, left: 90 };
    for (const rotation of [0, 90, 180, 270] as const) {
      const splash = await prepare(phone({ width: 480, height: 640, rotation }), { safeArea });
      const { screen } = splash;
      for (const moment of [
        { message: 'root-check', at: 60 },
        { error: 'root-not-found', step: '80-root' },
      ]) {
        const { width, height, data } = uprightFrame(momentFrame(splash, moment), screen);
        const plain = uprightFrame(momentFrame(splash, {}), screen).data;
        const ground = [0x0b, 0x10, 0x20];
        const bad = Array.from({ length: width * height }, (_, i) => i).filter((i) => {
          const [x, y] = [i % width, Math.floor(i / width)];
          const inside = x >= 90 && x < width - 30 && y >= 40 && y < height - 60;
          const same = [0, 1, 2].every(
            (c) => data[i * 4 + c] === plain[i * 4 + c] || data[i * 4 + c] === ground[c],
          );
          return !inside && !same;
        });
        expect(bad.length, `${rotation} ${JSON.stringify(moment)}`).toBe(0);
      }
    }
  });
});

describe('moments', () => {
  const rowsThatDiffer = (a: Uint8Array, b: Uint8Array, stride: number): number[] =>
    Array.from({ length: a.length / stride }, (_, y) => y).filter(
      (y) =>
        Buffer.compare(a.subarray(y * stride, (y + 1) * stride), b.subarray(y * stride, (y + 1) * stride)) !==
        0,
    );

  it('differ from the picture on their own rows alone', async () => {
    const splash = await prepare(small);
    const rows = (moment: object) =>
      rowsThatDiffer(momentFrame(splash, moment).data, splash.frame.data, small.stride);
    const { row, data } = splash.band('message-root');
    const shown = rows({ message: 'root' });
    expect(shown.length).toBeGreaterThan(8);
    expect([row <= (shown[0] ?? -1), (shown.at(-1) ?? 0) < row + data.length / small.stride]).toEqual([
      true,
      true,
    ]);
    expect(rows({ message: 'root' })).toEqual(rows({ message: 'Looking for the system' }));
    expect(rows({ at: 0 }).length).toBeGreaterThan(0);
    expect(rows({})).toEqual([]);
  });

  it('fill the bar from empty to full', async () => {
    const splash = await prepare(small);
    const accent = (at: number): number => {
      const { rgba } = framePixels(momentFrame(splash, { at }));
      let count = 0;
      for (let i = 0; i < rgba.length; i += 4) {
        if (rgba[i] === 0x2e && rgba[i + 1] === 0xe6 && rgba[i + 2] === 0xc8) count++;
      }
      return count - (at === 0 ? 0 : accent(0));
    };
    const lengths = [0, 2, 10, 50, 100].map(accent);
    expect(lengths.slice(1)).toEqual([...lengths.slice(1)].sort((a, b) => a - b));
    expect((lengths[4] ?? 0) / (lengths[3] ?? 1)).toBeCloseTo(2, 1);
    expect([0, 1, 2, 41, 99, 100, 250].map(progressState)).toEqual([0, 0, 1, 20, 49, 50, 50]);
  });

  it('say how to log in, but where that is what failed', async () => {
    const splash = await prepare(small);
    const closed = await prepare(small, { ssh: false });
    expect(closed.names).not.toContain('access');
    const codes = splash.names.filter((name) => name.startsWith('error-')).map((name) => name.slice(6));
    expect(codes).toEqual(
      expect.arrayContaining(
        'modules gadget network ssh root-not-found root-mount root-unlock root-check no-init handover kexec step-hung broken random'.split(
          ' ',
        ),
      ),
    );
    for (const error of codes) {
      const [a, b] = [momentFrame(splash, { error }), momentFrame(closed, { error })];
      expect(digest(a.data) === digest(b.data), error).toBe(OFFLINE.includes(error));
    }
  });

  it('name what there is for what there is not', async () => {
    const splash = await prepare(small);
    expect(() => momentFrame(splash, { error: 'nosuch' })).toThrow(/the splash has no error nosuch/);
    expect(() => momentFrame(splash, { error: 'broken', step: '99-none' })).toThrow(/no step 99-none/);
    expect(() => momentFrame(splash, { message: '漢字' })).toThrow(/no glyph for 漢 \(U\+6F22\)/);
  });
});
