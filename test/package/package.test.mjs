/** The package as users get it: what is in it, whether bundlers keep it whole, its types in a strict project. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPacked } from '../../scripts/matrix/pack.mjs';
import { filesUnder, ROOT } from '../../scripts/setup/files.mjs';

/** @type {import('esbuild').BuildOptions} */
const BUNDLING = { bundle: true, format: 'esm', platform: 'node', logLevel: 'error' };

/** Those that compute tensors. */
const BINARIES = ['simd128', 'relaxed', 'simd128-threads', 'relaxed-threads'];

/** Compilers and package managers take their time on a busy machine. */
const TIMEOUT_MS = 120_000;

let app = '';
let installed = '';
beforeAll(async () => {
  app = realpathSync(mkdtempSync(join(tmpdir(), 'phyllo-package-')));
  installed = join(app, 'node_modules', 'phyllo');
  await installPacked(app);
  cpSync(join(ROOT, 'test', 'package', 'consumer'), join(app, 'consumer'), { recursive: true });
}, TIMEOUT_MS);
afterAll(() => rmSync(app, { recursive: true, force: true }));

const manifest = () => JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
const packed = () => filesUnder(installed).map(path => relative(installed, path).split(sep).join('/'));

describe('contents', () => {
  /** In KiB, compressed as on its way to a user. @type {readonly (readonly [RegExp, number])[]} */
  const sizes = [
    [/^dist\/(simd128|relaxed|infer|infer-relaxed)\.wasm$/, 190],
    [/^dist\/(simd128|relaxed)-threads\.wasm$/, 216],
    [/^dist\/(node|browser)\.js$/, 155],
    [/^dist\/[\w-]+\.js$/, 4],
    [/^dist\/(node|browser)\/gradcheck\.js$/, 14], // the reference backend
    [/^dist\/(node|browser)\/train\.js$/, 24], // of which 10 are fast-png and pbf
    [/^dist\/(node|browser)\/tables\.js$/, 20], // of which 7 are papaparse
    [/^dist\/(node|browser)\/gradcheck\.js$/, 13], // the reference backend
    [/^dist\/(node|browser)\/\w+\.js$/, 4],
    [/^dist\/[\w/-]+\.d\.ts$/, 16],
    [/^package\.json$/, 2],
    [/^(LICENSE(-\w+)?|README\.md|CHANGELOG\.md)$/, 16],
  ];

  test('are the modules, the types, the binaries and the documents, and each is small', () => {
    const odd = packed().filter(file => {
      const limit = sizes.find(([pattern]) => pattern.test(file))?.[1] ?? 0;
      return gzipSync(readFileSync(join(installed, file))).length > limit * 1024;
    });
    expect(odd).toEqual([]);
    const documents = readdirSync(ROOT).filter(file => /^(LICENSE|README|CHANGELOG)/.test(file));
    const rest = packed().filter(file => !/\.d\.ts$|^dist\/chunk-/.test(file));
    const packages = readdirSync(join(ROOT, 'ts')).filter(name => existsSync(join(ROOT, 'ts', name, 'index.ts')));
    const entries = ['node', 'browser'].flatMap(runtime => ['index', ...packages].map(name => `${runtime}/${name}`));
    const parts = ['node', 'node-nn-init', 'browser', 'browser-nn-init', 'edge', 'edge-browser', 'edge-workerd'];
    const modules = [...entries, ...parts].map(name => `${name}.js`);
    const dist = [...modules, ...[...BINARIES, 'infer', 'infer-relaxed'].map(name => `${name}.wasm`)];
    expect(rest.sort()).toEqual([...documents, 'package.json', ...dist.map(file => `dist/${file}`)].sort());
  });

  test('say nothing of the machine that built them', () => {
    const traces = [ROOT, homedir(), '/.cargo/', 'sourceMappingURL', 'file://'];
    for (const file of packed().filter(name => name.startsWith('dist/'))) {
      const text = readFileSync(join(installed, file), 'latin1');
      expect(
        traces.filter(trace => text.includes(trace)),
        file,
      ).toEqual([]);
    }
  });

  test('have all that the manifest points to', () => {
    const { exports, dependencies = {} } = manifest();
    const packages = readdirSync(join(installed, 'dist', 'node'));
    for (const name of ['.', './*', './edge']) {
      const { 'phyllo-source': _, ...entry } = exports[name];
      expect(Object.keys(entry)[0]).toBe('types');
      for (const pattern of Object.values(entry)) {
        for (const file of name === './*' ? packages.filter(file => file !== 'index.js') : ['']) {
          const path = String(pattern).replaceAll('*', file.replace('.js', ''));
          expect(existsSync(join(installed, path)), path).toBe(true);
        }
      }
    }
    const modules = packed().filter(file => file.endsWith('.js'));
    for (const file of modules) {
      const text = readFileSync(join(installed, file), 'utf8');
      for (const [, named] of text.matchAll(/["']([^"'\s]+\.wasm)["']/g)) {
        if (named === './checked.wasm') continue; // whoever wants it brings it
        expect(existsSync(join(installed, dirname(file), named ?? '')), `${file} names ${named}`).toBe(true);
      }
    }
    const require = createRequire(join(app, 'main.mjs'));
    for (const name of ['infer.wasm', 'infer-relaxed.wasm']) {
      expect(require.resolve(`phyllo/${name}`)).toBe(join(installed, 'dist', name));
    }
    expect(require.resolve('phyllo/package.json')).toBe(join(installed, 'package.json'));
    expect(dependencies).toEqual({});
  });

  test('say how to get the checked binary, which they have not', () => {
    const source = join(app, 'checked.mjs');
    writeFileSync(source, `import { tensor } from 'phyllo';\nconsole.log(tensor([1, 2]).add(1).toArray().join());\n`);
    const env = { ...process.env, PHYLLO_WASM: 'checked' };
    const run = () => spawnSync(process.execPath, [source], { encoding: 'utf8', env });
    const refused = run();
    expect(refused.stderr).toMatch(/FileError: file:.*checked\.wasm: .*`npm run setup` in a clone of phyllo makes it/);
    expect(refused.status).toBe(1);
    const copy = join(installed, 'dist', 'checked.wasm');
    copyFileSync(join(ROOT, 'generated', 'checked.wasm'), copy);
    try {
      expect(run().stdout.trim()).toBe('2,3');
    } finally {
      rmSync(copy);
    }
  });

  test(
    'keep their methods in a bundle that leaves out what it can',
    async () => {
      const source = join(app, 'bundled.mjs');
      writeFileSync(source, `import { tensor } from 'phyllo';\nconsole.log(tensor([1, 2]).add(1).toArray().join());\n`);
      const outDir = join(app, 'bundle');
      await build({ ...BUNDLING, entryPoints: [source], outdir: outDir });
      const bundle = readdirSync(outDir).find(file => /^bundled\.m?js$/.test(file)) ?? '';
      // With the binaries for one thread alone, and with all.
      for (const names of [['simd128', 'relaxed'], BINARIES]) {
        for (const name of names) copyFileSync(join(installed, 'dist', `${name}.wasm`), join(outDir, `${name}.wasm`));
        expect(execFileSync(process.execPath, [join(outDir, bundle)], { encoding: 'utf8' }).trim()).toBe('2,3');
      }
    },
    TIMEOUT_MS,
  );

  test.each(/** @type {const} */ (['esm', 'cjs']))(
    'say how a bundle gets the binaries that it has not: %s',
    async format => {
      const BRING = 'copy the .wasm files of phyllo/dist beside the bundle, or leave phyllo out of it';
      const programs = {
        phyllo: `import { tensor } from 'phyllo';\nconsole.log(tensor([1, 2]).add(1).toArray().join());\n`,
        edge: `import { load } from 'phyllo/edge';\nload(new Uint8Array(8)).catch(e => console.error(String(e)));\n`,
      };
      for (const [name, program] of Object.entries(programs)) {
        const source = join(app, `bare-${name}.mjs`);
        const outfile = join(app, `bare-${format}`, `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`);
        writeFileSync(source, program);
        await build({ ...BUNDLING, format, entryPoints: [source], outfile, logLevel: 'silent' });
        const { stderr } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' });
        expect(stderr).toContain(BRING);
        expect(stderr).toMatch(
          format === 'esm' ? /FileError: file:.*\.wasm: there is no such file/ : /FileError: phyllo.*CommonJS/,
        );
      }
    },
    TIMEOUT_MS,
  );

  test(
    'run plans in a bundle of at most 4 KiB, compressed',
    async () => {
      const [plan, train, source] = ['net.phyllo', 'plan.mjs', 'edge.mjs'].map(file => join(app, file));
      writeFileSync(
        train ?? '',
        `import { capture, tensor } from 'phyllo';
      const w = tensor([[1, 2], [3, 4]]);
      await capture(x => x.matmul(w)).plan(tensor([[0, 0]])).save('net.phyllo');`,
      );
      execFileSync(process.execPath, [train ?? ''], { cwd: app });
      writeFileSync(
        source ?? '',
        `import { readFile } from 'node:fs/promises';
      import { load } from 'phyllo/edge';
      const net = await load(await readFile(${JSON.stringify(plan)}));
      console.log(net.run([1, 10]).join());`,
      );
      expect(execFileSync(process.execPath, [source ?? ''], { encoding: 'utf8' }).trim()).toBe('31,42');
      const outDir = join(app, 'edge');
      await build({ ...BUNDLING, entryPoints: [source ?? ''], outdir: outDir, minify: true });
      for (const file of ['infer.wasm', 'infer-relaxed.wasm']) {
        copyFileSync(join(installed, 'dist', file), join(outDir, file));
      }
      const bundle = join(outDir, readdirSync(outDir).find(file => /^edge\.m?js$/.test(file)) ?? '');
      const size = gzipSync(readFileSync(bundle), { level: 9 }).length;
      console.log(`the bundle with phyllo/edge: ${size} bytes compressed`);
      expect(size).toBeLessThanOrEqual(4 * 1024);
      expect(execFileSync(process.execPath, [bundle], { encoding: 'utf8' }).trim()).toBe('31,42');
    },
    TIMEOUT_MS,
  );
});

describe('types', () => {
  /** @param {string} name */
  function configuration(name) {
    const path = join(app, 'consumer', name);
    const { config } = ts.readConfigFile(path, ts.sys.readFile);
    return ts.parseJsonConfigFileContent(config, ts.sys, dirname(path));
  }

  test.each(['tsconfig.json', 'tsconfig.bundler.json'])(
    'compile in a strict project: %s',
    name => {
      const { fileNames, options, errors } = configuration(name);
      const program = ts.createProgram(fileNames, options);
      const found = [...errors, ...ts.getPreEmitDiagnostics(program)].map(
        ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
      expect(found).toEqual([]);
      const sources = program.getSourceFiles().filter(file => !program.isSourceFileDefaultLibrary(file));
      const outside = sources.map(({ fileName }) => relative(app, fileName).split(sep).join('/'));
      expect(outside.filter(file => !file.startsWith('node_modules/phyllo/dist/'))).toEqual(['consumer/main.ts']);
    },
    TIMEOUT_MS,
  );

  test(
    'show their documentation in an editor',
    () => {
      const { fileNames, options } = configuration('tsconfig.json');
      const main = fileNames[0] ?? '';
      const text = readFileSync(main, 'utf8');
      const service = ts.createLanguageService({
        getCompilationSettings: () => options,
        getScriptFileNames: () => fileNames,
        getScriptVersion: () => '1',
        getScriptSnapshot: file => {
          const content = ts.sys.readFile(file);
          return content === undefined ? content : ts.ScriptSnapshot.fromString(content);
        },
        getCurrentDirectory: () => app,
        getDefaultLibFileName: ts.getDefaultLibFilePath,
        fileExists: ts.sys.fileExists,
        readFile: ts.sys.readFile,
        readDirectory: ts.sys.readDirectory,
        directoryExists: ts.sys.directoryExists,
      });
      /** What an editor shows over the last name of some code in main.ts. @param {string} code */
      const hover = code => {
        const at = text.indexOf(code) + code.length - 1;
        return ts.displayPartsToString(service.getQuickInfoAtPosition(main, at)?.documentation);
      };
      expect(hover('maxPool2d(conv2d')).toMatch(/cross-correlation of images x \[n, c, h, w\]/);
      expect(hover('chosen.sum')).toMatch(/over `dim`/);
      expect(hover('= crossEntropy')).toMatch(/class indices/);
      expect(hover('loss.backward')).toMatch(/`grad` of every leaf/);
      expect(hover('new nn.Conv2d')).toMatch(/convolutional layer/);
      expect(hover('new nn.Parameter(tensor')).toMatch(/nested arrays, or a typed array/);
    },
    TIMEOUT_MS,
  );
});
