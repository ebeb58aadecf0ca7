import * as v from 'valibot';
import { choice, count } from './entries.ts';

/** What is odd about a device and has no table of its own. */
export interface Quirks {
  /** A watchdog that the loader has started: the phone restarts unless it is fed. */
  readonly watchdog:
    | {
        readonly path: string;
        /** Seconds. */
        readonly every: number;
        /** Whether stage-1 goes on feeding it when the real system runs. */
        readonly handover: 'keep' | 'end';
      }
    | undefined;
}

/** The table `[quirks]`. */
export const quirksTable = v.strictObject({
  watchdog: v.optional(
    v.pipe(
      v.strictObject({
        path: v.pipe(
          v.string(),
          v.regex(/^\/dev\/[\w-]+$/, 'a device below /dev, such as /dev/watchdog'),
          v.description('Device that feeds it: /dev/watchdog.'),
        ),
        every: v.optional(count('Seconds from one feeding to the next.', 1, 3600), 10),
        handover: v.optional(
          choice('keep: stage-1 feeds it for the real system as well; end: that does it itself.', [
            'keep',
            'end',
          ]),
          'keep',
        ),
      }),
      v.description(
        'A watchdog that the loader starts, and that restarts the phone unless somebody feeds it.',
      ),
    ),
  ),
});
