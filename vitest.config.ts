import { defineConfig } from 'vitest/config';

/** Tests run over the sources: `phyllo` and `#load` resolve to ts/. */
const conditions = ['phyllo-source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { include: ['test/**/*.test.{ts,mjs}'] },
});
