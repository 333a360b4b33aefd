import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { defineConfig } from 'tsup';
import ts from 'typescript';

type Plugin = NonNullable<import('tsup').Options['esbuildPlugins']>[number];

/** The sources name the binaries where they are compiled; in the package they lie beside the loaders. */
const binariesBeside: Plugin = {
  name: 'binaries-beside',
  setup(build) {
    build.onLoad({ filter: /[\\/](wasm|edge)[\\/](node|browser|workerd)\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/(['"`])(?:\.\.\/)+generated\/([\w.-]+\.wasm)\1/g, '$1./$2$1'),
      loader: 'ts',
    }));
  },
};

/** A module of the package, as declarations name it. */
const NAMED = /\b(from |import |import\(|declare module )['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Writes the declarations of an entry in ts/ and of all it names, a file for each: bundled ones lose the methods that
 * other modules add to tensors, and the documentation of what a namespace exports.
 */
function writeDeclarations(entry: string, outDir: string): void {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [entry] }, ts.sys, '.');
  const program = ts.createProgram([entry], { ...options, noEmit: false, emitDeclarationOnly: true });
  const wanted = new Set([entry]);
  for (const source of wanted) {
    const file = program.getSourceFile(source);
    if (!file) throw new Error(`the types name ${source}, which there is not`);
    program.emit(file, (_, text) => {
      // Node's resolution takes no module without an extension.
      const complete = text.replace(NAMED, (_, before: string, module: string) => {
        wanted.add(join(dirname(source), `${module}.ts`));
        return `${before}'${module}.js'`;
      });
      const path = join(outDir, relative('ts', source).replace(/\.ts$/, '.d.ts'));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, complete);
    });
  }
}

export default defineConfig(({ outDir = 'dist' }) => ({
  // The backend for Node is a module of its own too: benchmarks call kernels on it.
  entry: {
    index: 'ts/index.ts',
    browser: 'ts/browser.ts',
    node: 'ts/backend/wasm/node.ts',
    edge: 'ts/edge/node.ts',
    'edge-browser': 'ts/edge/browser.ts',
    'edge-workerd': 'ts/edge/workerd.ts',
  },
  outDir,
  onSuccess: async () => ['ts/index.ts', 'ts/edge/node.ts'].forEach(entry => writeDeclarations(entry, outDir)),
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/, /\.wasm$/],
  removeNodeProtocol: false,
  esbuildPlugins: [binariesBeside],
  clean: true,
  // Names stay: errors tell classes by them.
  esbuildOptions(options) {
    options.minifyWhitespace = true;
    options.minifySyntax = true;
    options.lineLimit = 120; // Node shows the line that throws
  },
}));
