/** phyllo/edge in workerd, by itself and under miniflare: a saved LeNet-5 gives the bits that Node gives. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { capture, tensor, type Tensor } from 'phyllo';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../package.json';
import { useBackend } from '../../ts/core/runtime';
import { load } from '../../ts/edge/node';
import { binaries } from '../backends';
import { lenet, numbers } from '../toy';

const root = fileURLToPath(new URL('../..', import.meta.url));
const runtimes = join(root, 'test', 'runtimes');
const digit = Float32Array.from(numbers(28 * 28, 2));
const run = promisify(execFile);

/** A runtime's program, installed if it is not yet. */
async function bring(name: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['scripts/bring.mjs', name], { cwd: root });
  return stdout.trimEnd().split('\n').at(-1)!;
}

let [node24, workerd] = ['', ''];
/** The worker's modules, as the package's users bundle them. */
let folder = '';
/** What Node gives, with the same binary. */
let want: Uint8Array = new Uint8Array();

beforeAll(async () => {
  [node24, workerd] = [await bring('node24'), await bring('workerd')];
  folder = mkdtempSync(join(tmpdir(), 'phyllo-workerd-'));
  const [app, bundle] = [join(folder, 'app'), join(folder, 'bundle')];
  mkdirSync(join(app, 'node_modules'), { recursive: true });
  symlinkSync(root, join(app, 'node_modules', 'phyllo'), 'junction');
  copyFileSync(join(runtimes, 'worker.mjs'), join(app, 'worker.mjs'));

  useBackend(binaries.find(({ name }) => name === 'simd128')!);
  const model = lenet(1998);
  const x = tensor(digit, { shape: [1, 1, 28, 28] });
  const plan = join(app, 'lenet.phyllo');
  await capture((x: Tensor) => model.forward(x))
    .plan(x)
    .save(plan);

  await build({
    entryPoints: [join(app, 'worker.mjs')],
    outdir: bundle,
    bundle: true,
    format: 'esm',
    conditions: ['workerd'],
    loader: { '.wasm': 'copy', '.phyllo': 'copy' },
    assetNames: '[name]',
    logLevel: 'error',
  });
  copyFileSync(join(runtimes, 'workerd.capnp'), join(bundle, 'workerd.capnp'));

  const wasm = new WebAssembly.Module(readFileSync(join(root, 'dist', 'infer-relaxed.wasm')));
  const y = load(readFileSync(plan), { wasm }).run(digit);
  expect(new Set(y).size).toBe(10);
  model
    .forward(x)
    .toArray()
    .forEach((exact, i) => expect(y[i]).toBeCloseTo(exact, 4));
  want = new Uint8Array(Float32Array.from(y).buffer);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('workerd runs a saved LeNet-5 to the bit', async () => {
  const server = spawn(workerd, ['serve', '--control-fd=3', join(folder, 'bundle', 'workerd.capnp')], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const closed = once(server, 'close');
  try {
    const control = server.stdio[3];
    if (!(control instanceof Readable)) throw new Error('no pipe');
    const ended = closed.then(([code]) => {
      throw new Error(`workerd ended with ${code} before it listened`);
    });
    const [message] = await Promise.race([once(createInterface(control), 'line'), ended]);
    const { port }: { port: number } = JSON.parse(message);
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: digit });
    if (!response.ok) throw new Error(await response.text());
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(want);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).json()).toEqual({
      phyllo: manifest.version,
      runtime: 'Cloudflare-Workers',
      threads: { asked: 1, running: 1, why: 'phyllo/edge runs plans on the calling thread' },
    });
  } finally {
    server.kill();
    await closed;
  }
}, 30_000);

test('miniflare runs a saved LeNet-5 to the bit', async () => {
  const body = Buffer.from(digit.buffer).toString('hex');
  const script = join(runtimes, 'miniflare.mjs');
  const { stdout } = await run(node24, [script, join(folder, 'bundle'), body], { timeout: 25_000 });
  expect(Uint8Array.from(Buffer.from(stdout, 'hex'))).toEqual(want);
}, 30_000);
