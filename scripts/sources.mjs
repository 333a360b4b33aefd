/**
 * The sources of the package as its build sees them: what each module exports, and which statements bundlers may leave
 * out.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';
import { filesUnder, ROOT } from './setup/files.mjs';

const TS = join(ROOT, 'ts');
/** The packages: each folder of ts/ that has an index.ts is phyllo/<folder>. */
export const PACKAGES = readdirSync(TS).filter(folder => existsSync(join(TS, folder, 'index.ts')));
/** Packages of a domain, which import the others by name as users do: they are built one by one, on the core. */
export const DOMAINS = PACKAGES.filter(folder =>
  filesUnder(join(TS, folder)).some(file => /^(import|export) [^;]*from 'phyllo['/]/m.test(readFileSync(file, 'utf8'))),
);
/** What the core holds of what users import. */
export const PARTS = ['api', ...PACKAGES.filter(name => !DOMAINS.includes(name)).map(name => `${name}/index`)];

/** @param {string} module without extension, from ts/ */
export const pathOf = module => join(TS, `${module}.ts`);
/** The module that another names, from ts/. @param {string} name @param {string} from */
export const moduleOf = (name, from) => join(dirname(from), name).split(sep).join('/');

/**
 * A program of the sources, for its types.
 * @param {readonly string[]} modules
 */
export function programOf(modules) {
  const paths = modules.map(pathOf);
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: paths }, ts.sys, ROOT);
  return ts.createProgram(paths, { ...options, noEmit: false, emitDeclarationOnly: true, stripInternal: true });
}

/** @typedef {{ readonly values: readonly string[], readonly namespaces: Readonly<Record<string, string>> }} Exports */

/**
 * What modules export at run time: values by their names, and modules as namespaces. Those modules are listed too.
 * @param {readonly string[]} modules
 * @returns {ReadonlyMap<string, Exports>}
 */
export function exportsOf(modules) {
  const program = programOf(modules);
  const checker = program.getTypeChecker();
  /** @type {Map<string, Exports>} */
  const found = new Map();
  const wanted = new Set(modules);
  for (const module of wanted) {
    const file = program.getSourceFile(pathOf(module));
    const symbol = file && checker.getSymbolAtLocation(file);
    if (!symbol) throw new Error(`${module} is no module`);
    /** @type {string[]} */
    const values = [];
    /** @type {Record<string, string>} */
    const namespaces = {};
    for (const exported of checker.getExportsOfModule(symbol)) {
      if (exported.declarations?.some(ts.isTypeOnlyExportDeclaration)) continue;
      const alias = exported.flags & ts.SymbolFlags.Alias;
      const target = alias ? checker.getAliasedSymbol(exported) : exported;
      const source = target.declarations?.find(ts.isSourceFile);
      if (source) {
        const named = relative(TS, source.fileName).split(sep).join('/').replace(/\.ts$/, '');
        namespaces[exported.name] = named;
        wanted.add(named);
      } else if (target.flags & ts.SymbolFlags.Value) values.push(exported.name);
    }
    found.set(module, { values, namespaces });
  }
  return found;
}

/**
 * Marks statements that bundlers leave out where nobody uses them: in these sources the values of constants are made
 * without side effects. A value with calls gets marks; one that reads fields or spreads objects, which bundlers take for
 * effects, becomes a pure call.
 * @param {string} path
 * @param {string} text
 */
export function markPure(path, text) {
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
      reads ||= ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
      reads ||= ts.isSpreadElement(node) || ts.isSpreadAssignment(node);
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
