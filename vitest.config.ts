import { defineConfig } from 'vitest/config';

const setupFiles = ['test/equal-bytes.ts'];
const slow = { setupFiles, testTimeout: 120_000, hookTimeout: 120_000 };

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
          setupFiles,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      { test: { name: 'golden', include: ['test/golden/**/*.test.ts'], ...slow } },
      { test: { name: 'long', include: ['test/long/**/*.test.ts'], ...slow } },
      { test: { name: 'sh', include: ['test/sh/**/*.test.ts'], ...slow } },
      {
        test: {
          name: 'boot',
          include: ['test/boot/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
