import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig } from 'tsup';
import { exportsOf, markPure, moduleOf, PARTS, pathOf, programOf } from './scripts/sources.mjs';

type Plugin = NonNullable<import('tsup').Options['esbuildPlugins']>[number];

/** What makes a runtime ready to compute. */
const RUNTIMES = ['node', 'browser'];
const MODULES = exportsOf(PARTS);

/** What a module is called in the package: nn/index is nn, nn/init is nn-init. */
const builtName = (module: string): string => module.replace(/\/index$/, '').replaceAll('/', '-');
/** What core.js calls what a module exports: packages may have the same names. */
const coreName = (module: string, name: string): string => `${builtName(module).replaceAll('-', '_')}_${name}`;

/**
 * Reads the sources. index.ts becomes core.js, which has all code but a runtime's and the edge's, and exports what every
 * package does: with a file for each set of packages that share code (28 of them) bundles were as large, and `import
 * 'phyllo'` cost Node 1.65 times the processor time (best of 15, each bundled by rollup: 80 ms and 48 ms on a busy
 * machine, of which the binary is 10).
 */
const sources: Plugin = {
  name: 'sources',
  setup(build) {
    build.onLoad({ filter: /[\\/]ts[\\/].*\.ts$/ }, ({ path }) => {
      if (path === pathOf('index')) {
        const lines = [...MODULES].map(([module, { values }]) => {
          const list = values.map(name => `${name} as ${coreName(module, name)}`);
          return `export { ${list} } from './${module}';`;
        });
        return { contents: lines.join('\n'), loader: 'ts' };
      }
      // The sources name the binaries where they are compiled; in the package they lie beside the loaders.
      const text = readFileSync(path, 'utf8').replace(/(['"`])(?:\.\.\/)+generated\/([\w.-]+\.wasm)\1/g, '$1./$2$1');
      return { contents: markPure(path, text), loader: 'ts' };
    });
  },
};

/**
 * Keeps the names of classes, by which errors tell them: esbuild makes `class X` a variable, which terser renames, and
 * calls it _X within itself.
 */
const named: NonNullable<import('tsup').Options['plugins']>[number] = {
  name: 'named',
  renderChunk(code) {
    const inner = [...code.matchAll(/^var (\w+) = class (_\1)\b/gm)];
    const renamed = inner.reduce(
      (text, [, name = '', own]) => text.replaceAll(new RegExp(`\\b${own}\\b`, 'g'), name),
      code,
    );
    return { code: renamed.replace(/^var (\w+) = class(?: \1)?(?= |$)/gm, 'class $1') };
  },
};

/** Writes the modules of packages, which export from core.js, and the entries: a package, once its runtime is ready. */
function writePackages(folder: string): void {
  for (const [module, { values, namespaces }] of MODULES) {
    const list = values.map(name => `${coreName(module, name)} as ${name}`);
    const lines = Object.entries(namespaces).map(([name, of]) => `export*as ${name} from'./${builtName(of)}.js';\n`);
    writeFileSync(join(folder, `${builtName(module)}.js`), `export{${list}}from'./core.js';\n${lines.join('')}`);
  }
  for (const runtime of RUNTIMES) {
    mkdirSync(join(folder, runtime), { recursive: true });
    for (const module of PARTS) {
      const name = builtName(module);
      const path = join(folder, runtime, `${name === 'api' ? 'index' : name}.js`);
      writeFileSync(path, `import'../${runtime}.js';export*from'../${name}.js';\n`);
    }
  }
}

/** A module of the package, as declarations name it. */
const NAMED = /\b(from |import |import\(|declare module )['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Writes the declarations of entries and of all that they name, a file for each: bundled ones lose the methods that
 * other modules add to tensors, and the documentation of what a namespace exports.
 */
function writeDeclarations(folder: string): void {
  const wanted = new Set([...PARTS, 'index', 'edge/node']);
  const program = programOf([...wanted]);
  for (const module of wanted) {
    const file = program.getSourceFile(pathOf(module));
    if (!file) throw new Error(`the types name ${module}, which there is not`);
    program.emit(file, (_, text) => {
      // Tensors have their methods whichever package is imported.
      const whole = PARTS.includes(module) ? `${text}import '${module === 'api' ? '.' : '..'}/methods';\n` : text;
      // Node's resolution takes no module without an extension.
      const complete = whole.replace(NAMED, (_, before: string, name: string) => {
        wanted.add(moduleOf(name, module));
        return `${before}'${name}.js'`;
      });
      const path = join(folder, `${module}.d.ts`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, complete);
    });
  }
}

export default defineConfig(({ outDir = 'dist' }) => ({
  entry: {
    core: 'ts/index.ts',
    ...Object.fromEntries(RUNTIMES.map(name => [name, `ts/${name}.ts`])),
    edge: 'ts/edge/node.ts',
    'edge-browser': 'ts/edge/browser.ts',
    'edge-workerd': 'ts/edge/workerd.ts',
  },
  outDir,
  onSuccess: async () => {
    writePackages(outDir);
    writeDeclarations(outDir);
  },
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/, /\.wasm$/],
  removeNodeProtocol: false,
  esbuildPlugins: [sources],
  plugins: [named],
  clean: true,
  minify: 'terser',
  terserOptions: {
    module: true,
    compress: { passes: 2, join_vars: false, sequences: false },
    mangle: { keep_classnames: true },
    format: { preserve_annotations: true, max_line_len: 120 }, // Node shows the line that throws
  },
}));
