import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { defineConfig } from 'tsup';
import { DOMAINS, exportsOf, markPure, moduleOf, PARTS, pathOf, programOf } from './scripts/sources.mjs';

type Plugin = NonNullable<import('tsup').Options['esbuildPlugins']>[number];

/** Where the package is written: an empty folder. */
const DIST = process.env.PHYLLO_DIST ?? 'dist';
/** What the package is built for, and what of the edge. */
const RUNTIMES = { node: { edge: 'node' }, browser: { 'edge-browser': 'browser', 'edge-workerd': 'workerd' } };
const MODULES = exportsOf(PARTS);

/** What a module is called in the package: api is index, nn/index is nn, nn/init is nn-init. */
const builtName = (module: string): string =>
  module === 'api' ? 'index' : module.replace(/\/index$/, '').replaceAll('/', '-');
/** What a core calls what a module exports: packages may have the same names. */
const coreName = (module: string, name: string): string => `${builtName(module).replaceAll('-', '_')}_${name}`;

/**
 * Reads the sources. node.ts and browser.ts become cores: all code but the edge's, exporting what every package does.
 * With a file for each set of packages that share code (28 of them) bundles were as large, and `import 'phyllo'` cost
 * Node 1.65 times the processor time (best of 15, each bundled by rollup: 80 ms and 48 ms on a busy machine, of which the
 * binary is 10). What both runtimes share in files of its own, 14 in all, cost 1.24 times (best of 21: 66 and 53 ms).
 */
const sources: Plugin = {
  name: 'sources',
  setup(build) {
    // A package of a domain names others as users do; it is built to lie beside them.
    build.onResolve({ filter: /^phyllo(\/\w+)?$/ }, ({ path }) => {
      const [, name = 'index'] = path.split('/');
      return { path: `./${name}.js`, external: true };
    });
    // What a package has of the reference backend throws the errors of the core.
    build.onResolve({ filter: /\/core\/errors$/ }, ({ importer }) =>
      /[\\/]backend[\\/]reference[\\/]/.test(importer) ? { path: './index.js', external: true } : undefined,
    );
    build.onLoad({ filter: /[\\/]ts[\\/].*\.ts$/ }, ({ path }) => {
      // The sources name the binaries where they are compiled; in the package they lie beside the loaders.
      const text = readFileSync(path, 'utf8').replace(/(['"`])(?:\.\.\/)+generated\/([\w.-]+\.wasm)\1/g, '$1./$2$1');
      const exported = Object.keys(RUNTIMES).some(name => path === pathOf(name)) ? coreExports() : '';
      return { contents: markPure(path, text) + exported, loader: 'ts' };
    });
  },
};
function coreExports(): string {
  return [...MODULES]
    .map(([module, { values }]) => {
      const list = values.map(name => `${name} as ${coreName(module, name)}`);
      return `export { ${list} } from './${module}';\n`;
    })
    .join('');
}

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

/** Writes the packages, which export from a core; beside it, what they export as a namespace and is no package. */
function writePackages(runtime: string): void {
  const fileOf = (module: string): string =>
    join(DIST, PARTS.includes(module) ? `${runtime}/${builtName(module)}.js` : `${runtime}-${builtName(module)}.js`);
  for (const [module, { values, namespaces }] of MODULES) {
    const file = fileOf(module);
    const from = (path: string): string => {
      const to = relative(dirname(file), path).split(sep).join('/');
      return to.startsWith('.') ? to : `./${to}`;
    };
    const list = values.map(name => `${coreName(module, name)} as ${name}`);
    const lines = Object.entries(namespaces).map(([name, of]) => `export*as ${name} from'${from(fileOf(of))}';\n`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export{${list}}from'${from(join(DIST, `${runtime}.js`))}';\n${lines.join('')}`);
  }
}

/** A module of the package, as declarations name it. */
const NAMED = /\b(from |import |import\(|declare module )['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Writes the declarations of entries and of all that they name, a file for each: bundled ones lose the methods that
 * other modules add to tensors, and the documentation of what a namespace exports.
 */
function writeDeclarations(folder: string): void {
  const wanted = new Set([...PARTS, ...DOMAINS.map(name => `${name}/index`), 'index', 'edge/node']);
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

export default defineConfig(
  Object.entries(RUNTIMES).map(([runtime, edges]) => ({
    entry: {
      [runtime]: `ts/${runtime}.ts`,
      ...Object.fromEntries(Object.entries(edges).map(([name, module]) => [name, `ts/edge/${module}.ts`])),
      ...Object.fromEntries(DOMAINS.map(name => [`${runtime}/${name}`, `ts/${name}/index.ts`])),
    },
    outDir: DIST,
    onSuccess: async () => {
      writePackages(runtime);
      if (runtime === 'node') writeDeclarations(DIST);
    },
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: [/^node:/, /\.wasm$/],
    removeNodeProtocol: false,
    // What papaparse requires of Node is left out; it is no module of an AMD loader that a page may have.
    define: { PAPA_BROWSER_CONTEXT: 'true', define: 'undefined' },
    esbuildPlugins: [sources],
    plugins: [named],
    minify: 'terser',
    terserOptions: {
      module: true,
      compress: { passes: 2, join_vars: false, sequences: false },
      mangle: { keep_classnames: true },
      format: { preserve_annotations: true, max_line_len: 120 }, // Node shows the line that throws
    },
  })),
);
