/**
 * What users' bundles hold of phyllo: programs, each bundled by esbuild, Vite and Rollup with their defaults, in bytes
 * of JavaScript as gzip sends it. Binaries are files beside a bundle, and not counted.
 *
 *   npm run sizes
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import { ROOT } from './setup/files.mjs';

const KIB = 1024;
/**
 * Programs, and the most that their bundles may hold. esbuild writes code out with its spaces.
 * @type {Readonly<Record<string, { most: Readonly<Record<string, number>>, source: string }>>}
 */
export const PROGRAMS = {
  edge: {
    most: { esbuild: 4.75 * KIB, vite: 4 * KIB, rollup: 4.25 * KIB },
    source: `import { load } from 'phyllo/edge';
    console.log((await load(new Uint8Array())).run([1]));`,
  },
  tensors: {
    most: { esbuild: 57 * KIB, vite: 44.5 * KIB, rollup: 46.5 * KIB },
    source: `import { tensor } from 'phyllo';
    console.log(tensor([1, 2]).add(1).toArray());`,
  },
  network: {
    most: { esbuild: 69 * KIB, vite: 55 * KIB, rollup: 57.75 * KIB },
    source: `import { crossEntropy, tensor } from 'phyllo';
    import { Linear } from 'phyllo/nn';
    import { SGD } from 'phyllo/optim';
    const layer = new Linear(2, 3);
    const optimizer = new SGD(layer.parameters(), { lr: 0.1 });
    crossEntropy(layer.forward(tensor([[1, 2]])).relu(), tensor([0], { dtype: 'i32' })).backward();
    optimizer.step();`,
  },
  convnet: {
    most: { esbuild: 116 * KIB, vite: 63 * KIB, rollup: 66 * KIB },
    source: `import { crossEntropy, DataLoader, nn, optim, TensorDataset, zeros } from 'phyllo';
    const model = new nn.Sequential(new nn.Conv2d(1, 8, 3), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(1352, 10));
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
    const data = new TensorDataset(zeros([64, 1, 28, 28]), zeros([64], { dtype: 'i32' }));
    for (const [x, t] of new DataLoader(data, { batchSize: 32 })) {
      optimizer.zeroGrad();
      crossEntropy(model.forward(x), t).backward();
      optimizer.step();
    }`,
  },
  whole: {
    most: { esbuild: 180 * KIB, vite: 146.75 * KIB, rollup: 156.25 * KIB },
    source: `import * as phyllo from 'phyllo';
    Object.assign(globalThis, phyllo);`,
  },
};

/** @typedef {(input: string) => Promise<string>} Bundler the code of a program, from its path */
/** @type {Readonly<Record<string, Bundler>>} */
const BUNDLERS = {
  async esbuild(input) {
    const { outputFiles } = await esbuild.build({ entryPoints: [input], bundle: true, format: 'esm', write: false });
    return outputFiles.map(({ text }) => text).join('');
  },
  async vite(input) {
    const built = await vite.build({
      configFile: false,
      root: join(input, '..'),
      logLevel: 'error',
      build: { write: false, rollupOptions: { input } },
    });
    const outputs = [built].flat().flatMap(result => ('output' in result ? result.output : []));
    return outputs.map(part => (part.type === 'chunk' ? part.code : '')).join('');
  },
  async rollup(input) {
    const bundle = await rollup({ input, plugins: [nodeResolve({ browser: true })] });
    const { output } = await bundle.generate({ format: 'esm' });
    await bundle.close();
    return output.map(part => (part.type === 'chunk' ? part.code : '')).join('');
  },
};

/**
 * The bytes of each program by each bundler.
 * @param {string} installed where the package lies
 * @returns {Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>}
 */
export async function sizesOf(installed) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'phyllo-sizes-')));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(installed, join(folder, 'node_modules', 'phyllo'), 'junction');
    /** @type {Record<string, Record<string, number>>} */
    const sizes = {};
    for (const [name, { source }] of Object.entries(PROGRAMS)) {
      const input = join(folder, `${name}.js`);
      writeFileSync(input, source);
      const row = (sizes[name] = /** @type {Record<string, number>} */ ({}));
      for (const [bundler, bundle] of Object.entries(BUNDLERS)) {
        const code = await bundle(input);
        row[bundler] = gzipSync(code, { level: 9 }).length;
      }
    }
    return sizes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await sizesOf(ROOT));
