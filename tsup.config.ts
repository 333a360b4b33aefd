import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

type Plugin = NonNullable<import('tsup').Options['esbuildPlugins']>[number];

/** The sources name the binaries where they are compiled; in the package they lie beside the loaders. */
const binariesBeside: Plugin = {
  name: 'binaries-beside',
  setup(build) {
    build.onLoad({ filter: /[\\/]wasm[\\/](node|browser)\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/(['"`])(?:\.\.\/)+generated\/([\w.]+\.wasm)\1/g, '$1./$2$1'),
      loader: 'ts',
    }));
  },
};

export default defineConfig({
  // The backend for Node is a module of its own too: benchmarks call kernels on it.
  entry: { index: 'ts/index.ts', browser: 'ts/browser.ts', node: 'ts/backend/wasm/node.ts' },
  // Tensors are disposable, whatever libraries their user's project names.
  dts: { entry: { index: 'ts/index.ts' }, banner: '/// <reference lib="esnext.disposable" />' },
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/, /\.wasm$/],
  removeNodeProtocol: false,
  esbuildPlugins: [binariesBeside],
  clean: true,
});
