import { defineConfig } from 'vitest/config';

const setupFiles = ['test/equal-bytes.ts'];
// No more than a guard against what never ends: how long work takes is measured in processor time.
const guarded = { setupFiles, testTimeout: 300_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    // Two, on a machine of two processors as well, where vitest would take one: many tests wait for programs.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/boot/**', 'test/golden/**', 'test/long/**', 'test/sh/**'],
          ...guarded,
        },
      },
      { test: { name: 'golden', include: ['test/golden/**/*.test.ts'], ...guarded } },
      { test: { name: 'long', include: ['test/long/**/*.test.ts'], ...guarded } },
      { test: { name: 'sh', include: ['test/sh/**/*.test.ts'], ...guarded } },
      {
        test: {
          name: 'boot',
          include: ['test/boot/**/*.test.ts'],
          ...guarded,
          testTimeout: 600_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
