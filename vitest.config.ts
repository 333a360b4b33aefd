import { defineConfig } from 'vitest/config';

/** Tests run over the sources: the package resolves to ts/ itself. */
const conditions = ['phyllo-source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['test/**/*.test.{ts,mjs}'] },
});
