import { ReadableStream } from 'node:stream/web';
import { FormatError } from '../binary/index.ts';

/**
 * Expands an xz stream as it arrives, with the integrity check that it carries. One xz stream, as
 * dpkg and the kernel's module_install make it; what follows the first stream is not read.
 *
 * xz-decompress works on one stream at a time in a process: a second one waits until the first is
 * read to its end or abandoned (`break` out of the loop is enough).
 *
 * @throws FormatError `compress.xz` for damage or truncation; an error of `source` passes through
 */
export async function* xzStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const { XzReadableStream } = await loadXz();
  const feed = new Feed(source);
  const reader = new XzReadableStream(feed.stream() as never).getReader();
  let finished = false;
  try {
    for (;;) {
      const step = await reader.read().catch((error: unknown) => {
        finished = true;
        throw feed.failure ?? damaged(feed.taken, error);
      });
      if (step.done) break;
      if (step.value.length > 0) yield step.value;
    }
    finished = true;
  } finally {
    // A decoder that has reached its end with output still queued frees itself a second time and fails.
    if (!finished) await reader.cancel().catch(() => undefined);
    await feed.close();
  }
}

async function loadXz(): Promise<typeof import('xz-decompress')> {
  const module = await import('xz-decompress');
  // A CommonJS bundle: bundlers give its names on the namespace, Node gives them on `default`.
  return 'XzReadableStream' in module ? module : (module as { default: typeof module }).default;
}

/** Hands an iterable to the web stream and remembers how it failed. */
class Feed {
  readonly #source: AsyncIterator<Uint8Array>;
  /** Bytes handed over. */
  taken = 0;
  /** The error of the source, as opposed to one of the decoder. */
  failure: unknown;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({ pull: (controller) => this.#pull(controller) });
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #pull(controller: {
    enqueue(chunk: Uint8Array): void;
    close(): void;
    error(reason: unknown): void;
  }): Promise<void> {
    try {
      const step = await this.#nextFilled();
      if (step === undefined) {
        // The decoder takes the end of its input only after some input, be it empty.
        if (this.taken === 0) controller.enqueue(new Uint8Array(0));
        controller.close();
        return;
      }
      this.taken += step.length;
      controller.enqueue(step);
    } catch (error) {
      this.failure = error;
      controller.error(error);
    }
  }

  async #nextFilled(): Promise<Uint8Array | undefined> {
    for (;;) {
      const step = await this.#source.next();
      if (step.done) return undefined;
      if (step.value.length > 0) return step.value;
    }
  }
}

function damaged(offset: number, cause: unknown): FormatError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const status = /error code (\d+)/.exec(message)?.[1];
  return new FormatError(
    'compress.xz',
    {
      field: 'xz stream',
      offset,
      got: (status === undefined ? undefined : STATUS[Number(status)]) ?? message,
      wanted: 'a sound xz stream',
    },
    { hint: 'The xz data is damaged or cut short; copy or download the file again.', cause },
  );
}

/** enum xz_ret of xz-embedded (linux/xz.h). */
const STATUS: Readonly<Record<number, string>> = {
  2: 'a check of an unsupported kind',
  3: 'no memory for the dictionary',
  4: 'a dictionary over the limit',
  5: 'no xz magic',
  6: 'unsupported options',
  7: 'corrupt data',
  8: 'corrupt or truncated data',
};
