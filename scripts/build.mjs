/**
 * Builds the package from ts/: JavaScript and declarations.
 *
 *   node scripts/build.mjs <folder>
 *
 * All code but phyllo/edge's is one file, core.js, whose statements bundlers take one by one. With a file for each set of
 * packages that share code (28 of them) bundles were as large, and `import 'phyllo'` cost Node 1.65 times the processor
 * time of one file (best of 15: 80 ms and 48 ms on a busy machine, of which the binary is 10).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { transform } from 'esbuild';
import { rollup } from 'rollup';
import { minify } from 'terser';
import ts from 'typescript';
import { ROOT } from './setup/places.mjs';

const TS = join(ROOT, 'ts');
/** The packages: each folder of ts/ that has an index.ts is phyllo/<folder>. */
const PACKAGES = readdirSync(TS).filter(folder => existsSync(join(TS, folder, 'index.ts')));
const PARTS = ['api', ...PACKAGES.map(name => `${name}/index`)];
/** What makes a runtime ready to compute. */
const RUNTIMES = ['node', 'browser'];
const EDGE = { edge: 'edge/node', 'edge-browser': 'edge/browser', 'edge-workerd': 'edge/workerd' };

/** The module that another names, from ts/. @param {string} name @param {string} from */
const moduleOf = (name, from) => join(dirname(from), name).split(sep).join('/');
/** What a module is called in the package: nn/index is nn, nn/init is nn-init. @param {string} module */
const builtName = module => module.replace(/\/index$/, '').replaceAll('/', '-');
/** @param {string} module */
const pathOf = module => join(TS, `${module}.ts`);

const NAMESPACE = /(?<=export \* as \w+ from ')\.[^']+(?=')/g;
/** What is exported as a namespace is a file of its own: bundlers take of modules what is used, of objects all. */
const NAMESPACES = PARTS.flatMap(from =>
  [...readFileSync(pathOf(from), 'utf8').matchAll(NAMESPACE)].map(([name]) => moduleOf(name, from)),
);

/**
 * Marks statements that bundlers leave out where nobody uses them: in these sources the values of constants are made
 * without side effects. A value with calls gets marks; one that reads fields or spreads objects, which bundlers take for
 * effects, becomes a pure call.
 * @param {string} path
 * @param {string} text
 */
function markPure(path, text) {
  /** @type {{ at: number, mark: string }[]} */
  const marks = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const constants = source.statements.filter(ts.isVariableStatement).flatMap(s => [...s.declarationList.declarations]);
  for (const { initializer } of constants) {
    if (!initializer) continue;
    /** @type {number[]} */
    const calls = [];
    let [reads, waits] = [false, false];
    /** @param {ts.Node} node */
    const visit = node => {
      if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
      if (ts.isCallExpression(node) || ts.isNewExpression(node)) calls.push(node.getStart());
      reads ||= ts.isAccessExpression(node) || ts.isSpreadElement(node) || ts.isSpreadAssignment(node);
      waits ||= ts.isAwaitExpression(node);
      ts.forEachChild(node, visit);
    };
    visit(initializer);
    if (waits) continue;
    if (!reads) marks.push(...calls.map(at => ({ at, mark: '/*#__PURE__*/ ' })));
    else {
      const [at, end] = [initializer.getStart(), initializer.end];
      marks.push({ at, mark: '/*#__PURE__*/ (() => (' }, { at: end, mark: '))()' });
    }
  }
  return marks
    .sort((a, b) => b.at - a.at)
    .reduce((marked, { at, mark }) => marked.slice(0, at) + mark + marked.slice(at), text);
}

/** @type {import('rollup').Plugin} */
const sources = {
  name: 'sources',
  resolveId(name, importer) {
    if (/^node:|\.wasm$/.test(name) || importer === undefined)
      return importer === undefined ? name : { id: name, external: true };
    if (/^\.\/[\w-]+\.js$/.test(name)) return { id: name, external: 'absolute' };
    return `${resolve(dirname(importer), name)}.ts`;
  },
  async load(path) {
    const from = relative(TS, path).replace(/\.ts$/, '');
    const text = readFileSync(path, 'utf8')
      // The sources name the binaries where they are compiled; in the package they lie beside the loaders.
      .replace(/(['"`])(?:\.\.\/)+generated\/([\w.-]+\.wasm)\1/g, '$1./$2$1')
      .replace(NAMESPACE, name => `./${builtName(moduleOf(name, from))}.js`);
    const tsconfigRaw = { compilerOptions: { useDefineForClassFields: false } };
    return (await transform(markPure(path, text), { loader: 'ts', target: 'es2022', tsconfigRaw })).code;
  },
  async renderChunk(code) {
    const { code: small } = await minify(code, {
      module: true,
      compress: { passes: 2, join_vars: false, sequences: false },
      mangle: { keep_classnames: true }, // errors tell classes by them
      format: { preserve_annotations: true, max_line_len: 120 }, // Node shows the line that throws
    });
    return small ?? null;
  },
};

/** Modules that phyllo and phyllo/edge share. */
const SHARED = /^(core\/(errors|tree)|edge\/format|backend\/wasm\/probe)\.ts$/;
/** Modules of one runtime. */
const OWN = /^(node|browser|engine|api|\w+\/index|edge\/.*|backend\/wasm\/(node|browser))\.ts$/;

/** @param {string} folder */
async function writeModules(folder) {
  const bundle = await rollup({
    input: {
      ...Object.fromEntries([...RUNTIMES, ...PARTS, ...NAMESPACES].map(module => [builtName(module), pathOf(module)])),
      ...Object.fromEntries(Object.entries(EDGE).map(([name, module]) => [name, pathOf(module)])),
    },
    plugins: [sources],
    onwarn(warning) {
      if (warning.code !== 'CIRCULAR_DEPENDENCY') throw new Error(warning.message);
    },
  });
  await bundle.write({
    dir: folder,
    format: 'es',
    chunkFileNames: '[name].js',
    hoistTransitiveImports: false,
    manualChunks(path) {
      const file = relative(TS, path).split(sep).join('/');
      if (SHARED.test(file)) return 'shared';
      return OWN.test(file) ? undefined : 'core';
    },
  });
  await bundle.close();
}

/** Writes the entries: a package, once its runtime is ready to compute. @param {string} folder */
function writeEntries(folder) {
  for (const runtime of RUNTIMES) {
    mkdirSync(join(folder, runtime), { recursive: true });
    for (const part of PARTS) {
      const name = builtName(part);
      const path = join(folder, runtime, name === 'api' ? 'index.js' : `${name}.js`);
      writeFileSync(path, `import'../${runtime}.js';export*from'../${name}.js';\n`);
    }
  }
}

/** A module of the package, as declarations name it. */
const NAMED = /\b(from |import |import\(|declare module )['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * Writes the declarations of entries and of all that they name, a file for each: bundled ones lose the methods that
 * other modules add to tensors, and the documentation of what a namespace exports.
 * @param {string} folder
 */
function writeDeclarations(folder) {
  const entries = [...PARTS, 'index', EDGE.edge];
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: entries.map(pathOf) }, ts.sys, ROOT);
  const program = ts.createProgram(entries.map(pathOf), { ...options, noEmit: false, emitDeclarationOnly: true });
  const wanted = new Set(entries);
  for (const module of wanted) {
    const file = program.getSourceFile(pathOf(module));
    if (!file) throw new Error(`the types name ${module}, which there is not`);
    program.emit(file, (_, text) => {
      // Tensors have their methods whichever package is imported.
      const whole = PARTS.includes(module) ? `${text}import '${module === 'api' ? '.' : '..'}/methods';\n` : text;
      // Node's resolution takes no module without an extension.
      const complete = whole.replace(NAMED, (_, before, name) => {
        wanted.add(moduleOf(name, module));
        return `${before}'${name}.js'`;
      });
      const path = join(folder, `${module}.d.ts`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, complete);
    });
  }
}

const [folder = 'dist'] = process.argv.slice(2);
await writeModules(folder);
writeEntries(folder);
writeDeclarations(folder);
