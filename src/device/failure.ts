import * as v from 'valibot';
import { choice, count } from './entries.ts';

/** The table `[failure]`: what a phone does that comes no further than stage-1. */
export const failureTable = v.strictObject({
  action: v.optional(
    choice('What a phone does that comes no further: shell stays up and can be logged in to.', [
      'shell',
      'reboot',
      'bootloader',
    ]),
    'shell',
  ),
  delay: v.optional(count('Seconds before it starts again; a log-in keeps it.', 0, 86400), 60),
});
