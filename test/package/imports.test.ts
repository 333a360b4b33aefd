/** Who may import whom: read from the sources. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../ts/', import.meta.url));
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .map(f => f.split(sep).join('/'))
  .filter(f => f.endsWith('.ts'));

interface Import {
  readonly from: string;
  /** The module, from the root of the sources and without an extension; or a package's name. */
  readonly to: string;
  /** Nothing of it is left at run time. */
  readonly type: boolean;
}

/** Whether all that an import names is types: nothing of it is left at run time. */
function isOfTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined || clause.isTypeOnly) return clause !== undefined;
  const { name, namedBindings: names } = clause;
  return !name && names !== undefined && ts.isNamedImports(names) && names.elements.every(e => e.isTypeOnly);
}

/** Every module a file names: imports, re-exports, `import()` and types by import; not those it declares anew. */
function importsOf(from: string): Import[] {
  const source = ts.createSourceFile(from, readFileSync(join(ROOT, from), 'utf8'), ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const add = (name: ts.Node | undefined, type: boolean): void => {
    if (!name) return;
    if (!ts.isStringLiteral(name)) throw new Error(`${from}: a module's name that is no string`);
    const { text } = name;
    found.push({
      from,
      type,
      to: text.startsWith('.')
        ? relative(ROOT, join(ROOT, dirname(from), text))
            .split(sep)
            .join('/')
        : text,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isOfTypes(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
const imports = files.flatMap(importsOf);

const CONTRACT = 'backend/backend';
/** The packages: each folder with an index.ts is phyllo/<folder>. */
const PACKAGES = readdirSync(ROOT).filter(folder => existsSync(join(ROOT, folder, 'index.ts')));
/** Packages of a domain import the public API by the package's name, and nothing else. */
const DOMAINS = PACKAGES.filter(name =>
  imports.some(({ from, to }) => from.startsWith(`${name}/`) && /^phyllo(\/|$)/.test(to)),
);
const PUBLIC = ['phyllo', ...PACKAGES.filter(name => !DOMAINS.includes(name)).map(name => `phyllo/${name}`)];
/**
 * What each folder may import beside itself: a folder, or a module by name. Of the contract, core takes types only. A
 * package is tensors, ops and gradients, never the inside of another package, a plan or a backend.
 */
const MAY: Readonly<Record<string, readonly string[]>> = {
  'core/': [CONTRACT],
  'ops/': ['core/', CONTRACT],
  'autodiff/': ['core/', 'ops/'],
  'backend/reference/': ['core/dtype', 'core/errors', 'core/philox', CONTRACT],
  'backend/wasm/': ['core/dtype', 'core/errors', 'core/thread-count', CONTRACT],
  [CONTRACT]: ['core/dtype', 'core/thread-count', 'backend/memory', 'backend/kernels/'],
  'backend/memory': ['core/dtype'],
  'backend/kernels/': [],
  'edge/': [
    'core/dtype',
    'core/errors',
    'core/thread-count',
    'core/tree',
    'core/version',
    'backend/wasm/beside',
    'backend/wasm/probe',
  ],
  'graph/': ['core/', 'ops/', 'edge/format', 'io/file', CONTRACT],
  ...Object.fromEntries(
    PACKAGES.map(name => [`${name}/`, DOMAINS.includes(name) ? PUBLIC : ['core/', 'ops/', 'autodiff/']]),
  ),
  // In its own file alone: a backend is no part of other packages.
  'gradcheck/': [...PUBLIC, 'backend/reference/backend'],
  api: ['core/', CONTRACT, 'ops/', 'autodiff/', 'graph/', 'methods', ...PACKAGES.map(name => `${name}/index`)],
  methods: ['core/', 'ops/methods', 'ops/inplace', 'ops/replacing', 'autodiff/backward', 'autodiff/hooks'],
  engine: ['core/'],
  node: ['core/', 'engine', 'methods', 'backend/wasm/node'],
  browser: ['core/runtime', 'methods', 'backend/wasm/browser'],
  index: ['api', 'node'],
};
const ENTRIES = ['', 'index'];
/** What is not among the sources, and the only file that may name it. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  'backend/wasm/node.ts': ['node:fs', 'node:process', 'node:os'],
  'backend/wasm/foreman-node.ts': ['node:worker_threads'],
  'backend/wasm/cores.ts': ['node:fs', 'node:os', 'node:process'],
  'edge/node.ts': ['node:fs', 'node:fs/promises', 'node:process'],
  'edge/workerd.ts': ['../generated/infer-relaxed.wasm'],
  'backend/wasm/kernels.ts': ['../generated/phyllo_wasm'],
  'tables/csv.ts': ['papaparse'],
  'train/events.ts': ['pbf', 'fast-png'],
};
/** Libraries that packages of a domain have in their files. */
const BUNDLED: readonly string[] = ['papaparse', 'pbf', 'fast-png'];

const under = (module: string, place: string): boolean =>
  place.endsWith('/') ? module.startsWith(place) : module === place;
const bare = (file: string): string => file.replace(/\.ts$/, '');
const show = (list: readonly Import[]): string[] => list.map(({ from, to }) => `${from} imports ${to}`);

/** A way from a module back to itself along what is left at run time; null if there is none. */
function circleAmong(edges: readonly Import[]): string | null {
  const next = new Map<string, string[]>();
  for (const { from, to, type } of edges) if (!type) next.set(bare(from), [...(next.get(bare(from)) ?? []), to]);
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (module: string): string | null => {
    if (way.includes(module)) return [...way.slice(way.indexOf(module)), module].join(' → ');
    if (done.has(module)) return null;
    way.push(module);
    for (const to of next.get(module) ?? []) {
      const circle = visit(to);
      if (circle !== null) return circle;
    }
    way.pop();
    done.add(module);
    return null;
  };
  for (const module of next.keys()) {
    const circle = visit(module);
    if (circle !== null) return circle;
  }
  return null;
}

describe('imports', () => {
  test('every file has a place in the order', () => {
    expect(files.filter(f => !Object.keys(MAY).some(place => under(bare(f), place)))).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  test.each(Object.entries(MAY))('%s imports what lies below it', (place, allowed) => {
    const own = imports.filter(({ from }) => under(bare(from), place));
    const fits = ({ from, to }: Import): boolean =>
      [place, ...allowed, ...(OUTSIDE[from] ?? [])].some(a => under(to, a));
    expect(show(own.filter(i => !fits(i)))).toEqual([]);
  });

  test('core takes types only from the contract', () => {
    expect(show(imports.filter(({ from, to, type }) => from.startsWith('core/') && to === CONTRACT && !type))).toEqual(
      [],
    );
  });

  test('a circle is found, but not through types', () => {
    const edge = (from: string, to: string, type = false): Import => ({ from: `${from}.ts`, to, type });
    expect(circleAmong([edge('a', 'b'), edge('b', 'c'), edge('c', 'b')])).toBe('b → c → b');
    expect(circleAmong([edge('a', 'b'), edge('b', 'a', true), edge('a', 'c'), edge('b', 'c')])).toBe(null);
  });

  test('there is no circle at run time, so each file finds what it needs whichever is loaded first', () => {
    expect(circleAmong(imports)).toBe(null);
  });

  test('nothing imports an entry', () => {
    expect(show(imports.filter(({ to }) => ENTRIES.includes(to)))).toEqual([]);
  });

  test('packages are found by their folders, and those of a domain by what they import', () => {
    expect(PACKAGES).toEqual(expect.arrayContaining(['data', 'io', 'linalg', 'metrics', 'nn', 'optim']));
    expect(DOMAINS.filter(name => ['data', 'io', 'linalg', 'metrics', 'nn', 'optim'].includes(name))).toEqual([]);
  });

  test('there is no dependency at run time', () => {
    const strange = imports.filter(
      ({ from, to, type }) =>
        !files.includes(`${to}.ts`) &&
        !PUBLIC.includes(to) &&
        !(OUTSIDE[from]?.includes(to) && (type || /^node:|\.wasm$/.test(to) || BUNDLED.includes(to))),
    );
    expect(show(strange)).toEqual([]);
    const manifest: { dependencies?: object; peerDependencies?: object; optionalDependencies?: object } = JSON.parse(
      readFileSync(join(ROOT, '..', 'package.json'), 'utf8'),
    );
    const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = manifest;
    expect({ ...dependencies, ...peerDependencies, ...optionalDependencies }).toEqual({});
  });
});
