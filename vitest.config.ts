import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests run over the sources: the package resolves to ts/ itself. */
const conditions = ['phyllo-source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.{ts,mjs}'],
    // A limit for what hangs: machines that are busy take ten times as long as quiet ones.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Every core: by itself vitest leaves one to the process that reports, which has little to do.
    maxWorkers: availableParallelism(),
  },
});
