/** Cold starts: a script for each library, started again and again in turn. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, ROOT, type Setting } from './contestant';
import type { LibraryName } from './library';
import { NETS, parameters, samples } from './nets';

const ROUNDS = 11;

const net = NETS.tiny;
const layers = parameters(net).flatMap((weights, i) => {
  const layer = net.layers[i]!;
  return weights && layer.op === 'linear' ? [{ c: layer.c, k: layer.k, ...weights }] : [];
});
const input = samples(net, 1);

/** The network's outputs, in float64. */
function expected(): number[] {
  let x = Array.from(input);
  layers.forEach(({ weight, bias, c, k }, i) => {
    const y = Array.from({ length: k }, (_, o) => x.reduce((sum, v, j) => sum + v * weight[o * c + j]!, bias[o]!));
    x = i < layers.length - 1 ? y.map(v => Math.max(v, 0)) : y;
  });
  return x;
}

/** Milliseconds until a script has printed its result, and that. */
async function start(
  path: string,
  data: readonly string[],
  { node, binary = '' }: Setting,
): Promise<[number, number[]]> {
  const begin = performance.now();
  const [program, ...args] = command(node, path, ...data);
  const child = spawn(program!, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PHYLLO_WASM: binary, PHYLLO_THREADS: '1' },
  });
  const closed = once(child, 'close');
  let text = '';
  let ms = Infinity;
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes('\n')) ms = Math.min(ms, performance.now() - begin);
  }
  await closed;
  return [ms, text === '' ? [] : JSON.parse(text)];
}

/** Milliseconds of several starts of each library, over those of the empty script; a string says what went wrong. */
export async function coldStarts(
  names: readonly LibraryName[],
  setting: Setting,
): Promise<ReadonlyMap<LibraryName, readonly number[] | string>> {
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-bench-'));
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const data = [join(folder, 'tiny.json'), join(folder, 'tiny.onnx')];
    const plain = layers.map(({ weight, bias, ...sizes }) => ({ ...sizes, weight: [...weight], bias: [...bias] }));
    writeFileSync(data[0]!, JSON.stringify({ input: [...input], layers: plain }));
    if (names.length > 1) {
      const peers = './peers/onnx'; // not installed by default
      const { netModel }: { netModel(name: 'tiny'): Uint8Array } = await import(peers);
      writeFileSync(data[1]!, netModel('tiny'));
    }
    const want = expected();
    const times = new Map<LibraryName, number[] | string>(names.map(name => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      const [empty] = await start('bench/cold/empty.mjs', data, setting);
      for (const [name, all] of times) {
        if (typeof all === 'string') continue;
        const path = name === 'phyllo' ? 'bench/cold/phyllo.mjs' : `bench/peers/cold/${name}.mjs`;
        const [ms, got] = await start(path, data, setting);
        const right = want.length === got.length && want.every((v, i) => Math.abs(v - got[i]!) < 1e-5);
        if (right) all.push(ms - empty);
        else times.set(name, `gives ${got} instead of ${want}`);
      }
    }
    return times;
  } finally {
    process.off('exit', clear);
    clear();
  }
}
