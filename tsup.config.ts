import { readFileSync, readdirSync } from 'node:fs';
import { defineConfig } from 'tsup';

type Plugin = NonNullable<import('tsup').Options['esbuildPlugins']>[number];

/** The loaders: each runtime gets its own through the package's `#load`, so they stay files of their own. */
const loaders = readdirSync('ts/backend/wasm')
  .filter((file) => /^load\.\w+\.ts$/.test(file))
  .map((file) => [file.slice(0, -'.ts'.length), `ts/backend/wasm/${file}`]);

/** The sources name the binaries where they are compiled; in the package they lie beside the loaders. */
const binariesBeside: Plugin = {
  name: 'binaries-beside',
  setup(build) {
    build.onLoad({ filter: /[\\/]load\.\w+\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/(['"`])(?:\.\.\/)+generated\/([\w.]+\.wasm)\1/g, '$1./$2$1'),
      loader: 'ts',
    }));
  },
};

export default defineConfig({
  entry: { index: 'ts/index.ts', ...Object.fromEntries(loaders) },
  dts: { entry: { index: 'ts/index.ts' } },
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: ['#load', /^node:/, /\.wasm$/],
  removeNodeProtocol: false,
  esbuildPlugins: [binariesBeside],
  clean: true,
});
