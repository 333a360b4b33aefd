/**
 * jax-js on its WebAssembly backend. An array is used up by the function that takes it; `.ref` keeps it. What is one
 * operation runs by itself; what is many is compiled by `jit`, but for convolutions, where that is slower.
 */
import { defaultDevice, init, jit, lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import { type Conv, sizes } from '../groups/conv';
import { type Elementwise, operands, WIDTH } from '../groups/elementwise';
import type { Gemm } from '../groups/gemm';
import type { Latency } from '../groups/latency';
import type { Pool } from '../groups/pool';
import { BATCH, GATES, INPUTS, type Recurrent, recurrentData, STEPS } from '../groups/rnn';
import type { Train } from '../groups/train';
import type { Library } from '../library';
import { type Net, NETS, parameters, samples } from '../nets';
import type { Task } from '../row';
import { labels, values } from '../values';
import { dependencies } from './package.json';
import { permute } from './permute';

type Array = np.Array;

// It looks for a GPU there, and Node 20 has none of it.
if (!('navigator' in globalThis)) Object.defineProperty(globalThis, 'navigator', { value: {} });
await init('wasm');
defaultDevice('wasm');

const array = (data: Float32Array, shape: readonly number[]): Array =>
  np.array(Float32Array.from(data), { shape: [...shape] });

/** Weights [k, c] as [c, k], which it multiplies by faster. */
const transposed = (data: Float32Array, k: number, c: number): Array => array(permute(data, [k, c], [1, 0]), [c, k]);

/** Runs f on what it keeps. */
function task(kept: readonly Array[], f: (...kept: Array[]) => Array): Task {
  let y: Array | undefined;
  return {
    run: async () => {
      y?.dispose();
      y = await f(...kept.map(x => x.ref)).blockUntilReady();
    },
    result: async () => Float32Array.from(await y!.ref.data()),
    free: () => [...kept, ...(y ? [y] : [])].forEach(x => x.dispose()),
  };
}

function gemm({ m, n, k, transposeA, transposeB, activation }: Gemm): Task {
  const a = array(values(m * k, 1), transposeA ? [k, m] : [m, k]);
  const b = array(values(k * n, 2), transposeB ? [n, k] : [k, n]);
  return task([a, b], (a, b) => {
    const y = np.matmul(transposeA ? np.transpose(a!) : a!, transposeB ? np.transpose(b!) : b!);
    return activation ? nn.relu(y) : y;
  });
}

function conv(work: Conv): Task | string {
  if (work.of !== 'y') return 'its gradients are not to be had alone';
  if (work.prepared) return 'it prepares no weights';
  const { n, c, size, k, kernel, stride = 1, padding = 0, groups = 1 } = work;
  const count = sizes(work);
  const x = array(values(count.x, 1), [n, c, size, size]);
  const w = array(values(count.w, 2), [k, c / groups, kernel, kernel]);
  return task([x, w], (x, w) =>
    lax.convGeneralDilated(
      x!,
      w!,
      [stride, stride],
      [
        [padding, padding],
        [padding, padding],
      ],
      { featureGroupCount: groups },
    ),
  );
}

/** The maximum of each window of [n, c, h, w]. */
const maxPool = (x: Array, kernel: number, stride: number): Array =>
  lax.reduceWindow(x, window => np.max(window), [1, 1, kernel, kernel], [1, 1, stride, stride]);

function pool({ of, planes, size, kernel, stride }: Pool): Task | string {
  if (of !== 'y') return 'it keeps no places';
  return task([array(values(planes * size * size, 1), [1, planes, size, size])], x => maxPool(x!, kernel, stride));
}

const UNARY: Partial<Record<Elementwise['f'], (x: Array) => Array>> = {
  relu: nn.relu,
  exp: np.exp,
  log: np.log,
  sigmoid: nn.sigmoid,
  tanh: np.tanh,
  erf: lax.erf,
  sin: np.sin,
  sqrt: np.sqrt,
  gelu: x => nn.gelu(x, { approximate: false }),
  softmax: x => nn.softmax(x, -1),
  sum: x => np.sum(x),
};
const BINARY: Partial<Record<Elementwise['f'], (x: Array, b: Array) => Array>> = {
  add: np.add,
  mul: np.multiply,
  div: np.trueDivide,
  pow: np.power,
  'add-scalar': np.add,
  'add-row': np.add,
};

function elementwise(work: Elementwise): Task | string {
  const { f } = work;
  const [first, second] = operands(work);
  const x = array(first, [first.length / WIDTH, WIDTH]);
  const [unary, binary] = [UNARY[f], BINARY[f]];
  if (unary) return task([x], x => unary(x!));
  if (!binary) return 'no such function';
  const b =
    f === 'add-scalar'
      ? array(second.subarray(0, 1), [1])
      : f === 'add-row'
        ? array(second.subarray(0, WIDTH), [WIDTH])
        : array(second, [second.length / WIDTH, WIDTH]);
  return task([x, b], (x, b) => binary(x!, b!));
}

/** Unrolled: it has no loop over steps. */
function recurrent(work: Recurrent): Task | string {
  if (work.of === 'grad') return 'its gradients unroll the sequence';
  const { cell, hidden } = work;
  const data = recurrentData(work);
  const rows = GATES[cell] * hidden;
  const [ih, hh, biasIh, biasHh] = data.parameters;
  const run = jit((x: Array, ih: Array, hh: Array, biasIh: Array, biasHh: Array): Array => {
    const p = np.matmul(x, ih).add(biasIh);
    let h = np.zeros([BATCH, hidden]);
    let c = np.zeros([BATCH, hidden]);
    const states: Array[] = [];
    const part = (gates: Array, i: number): Array => gates.ref.slice([], [i * hidden, (i + 1) * hidden]);
    for (let t = 0; t < STEPS; t++) {
      const pt = p.ref.slice(t);
      const q = np.matmul(h.ref, hh.ref).add(biasHh.ref);
      if (cell === 'rnn') {
        h.dispose();
        h = np.tanh(pt.add(q));
      } else if (cell === 'gru') {
        const [r, z] = [0, 1].map(i => nn.sigmoid(part(pt, i).add(part(q, i))));
        const n = np.tanh(part(pt, 2).add(r!.mul(part(q, 2))));
        h = n.ref.add(z!.mul(h.sub(n)));
        pt.dispose();
        q.dispose();
      } else {
        h.dispose();
        const a = pt.add(q);
        const [i, f, o] = [0, 1, 3].map(gate => nn.sigmoid(part(a, gate)));
        c = f!.mul(c).add(i!.mul(np.tanh(part(a, 2))));
        h = o!.mul(np.tanh(c.ref));
        a.dispose();
      }
      states.push(h.ref);
    }
    for (const used of [p, hh, h, c, biasHh]) used.dispose();
    return np.concatenate(states);
  });
  const kept = [
    array(data.x, [STEPS, BATCH, INPUTS]),
    transposed(ih, rows, INPUTS),
    transposed(hh, rows, hidden),
    array(biasIh, [rows]),
    array(biasHh, [rows]),
  ];
  return task(kept, (...kept) => run(...(kept as [Array, Array, Array, Array, Array])));
}

/** The parameters of a network, in the order of its layers. */
function weights(net: Net): Array[] {
  return parameters(net).flatMap((data, i) => {
    const layer = net.layers[i]!;
    if (!data || !('k' in layer)) return [];
    const { op, c, k } = layer;
    return op === 'conv'
      ? [array(data.weight, [k, c, layer.kernel, layer.kernel]), array(data.bias, [k, 1, 1])]
      : [transposed(data.weight, k, c), array(data.bias, [k])];
  });
}

/** The network; uses x and the parameters up. */
function forward(net: Net, x: Array, parameters: readonly Array[]): Array {
  const left = [...parameters];
  return net.layers.reduce((x, layer) => {
    switch (layer.op) {
      case 'conv': {
        const { stride = 1, padding: p = 0 } = layer;
        return lax
          .conv(
            x,
            left.shift()!,
            [stride, stride],
            [
              [p, p],
              [p, p],
            ],
          )
          .add(left.shift()!);
      }
      case 'linear':
        return np.matmul(x, left.shift()!).add(left.shift()!);
      case 'maxPool':
        return maxPool(x, layer.kernel, layer.stride);
      case 'relu':
        return nn.relu(x);
      case 'flatten':
        return x.reshape([x.shape[0]!, -1]);
    }
  }, x);
}

const hasConvolutions = (net: Net): boolean => net.layers.some(({ op }) => op === 'conv');

function train({ net: name, optimizer, batch }: Train): Task {
  const net = NETS[name];
  const x = array(samples(net, batch), [batch, ...net.input]);
  const target = nn.oneHot(np.array([...labels(batch, 10, 1)], { dtype: np.int32 }), 10);
  const lossAndGradients = valueAndGrad(
    (parameters: Array[], x: Array, target: Array): Array =>
      np.sum(nn.logSoftmax(forward(net, x, parameters), -1).mul(target)).mul(-1 / batch),
  );

  /** Of all parameters, and Adam's two averages where it is that; `t` counts steps. */
  const step = (t: Array, parameters: Array[], m: Array[], v: Array[], x: Array, target: Array): Array[][] => {
    const [loss, gradients] = lossAndGradients(
      parameters.map(p => p.ref),
      x,
      target,
    );
    if (optimizer === 'sgd') {
      t.dispose();
      return [[loss], parameters.map((p, i) => p.sub(gradients[i]!.mul(0.01))), m, v];
    }
    const [b1, b2] = [0.9, 0.999];
    const m1 = m.map((m, i) => m.mul(b1).add(gradients[i]!.ref.mul(1 - b1)));
    const v1 = v.map((v, i) => v.mul(b2).add(np.square(gradients[i]!).mul(1 - b2)));
    const [c1, c2] = [b1, b2].map(b =>
      np
        .exp(t.ref.mul(Math.log(b)))
        .mul(-1)
        .add(1),
    );
    const p1 = parameters.map((p, i) => {
      const scale = np.sqrt(v1[i]!.ref.div(c2!.ref)).add(1e-8);
      return p.sub(m1[i]!.ref.div(c1!.ref).div(scale).mul(0.001));
    });
    for (const used of [t, c1!, c2!]) used.dispose();
    return [[loss], p1, m1, v1];
  };
  const run = hasConvolutions(net) ? step : jit(step);

  let parameters = weights(net);
  const zeros = (): Array[] => (optimizer === 'adam' ? parameters.map(p => np.zeros([...p.shape])) : []);
  let [m, v] = [zeros(), zeros()];
  let last: Array | undefined;
  let t = 0;
  return {
    run: async () => {
      last?.dispose();
      const [loss, ...state] = run(np.array(++t), parameters, m, v, x.ref, target.ref);
      [parameters, m, v] = state as [Array[], Array[], Array[]];
      last = loss![0]!;
      await Promise.all([last, ...parameters, ...m, ...v].map(a => a.blockUntilReady()));
    },
    result: () => last!.ref.data(),
    free: () => [x, target, last!, ...parameters, ...m, ...v].forEach(a => a.dispose()),
  };
}

function latency({ net: name }: Latency): Task {
  const net = NETS[name];
  const parameters = weights(net);
  const plain = (x: Array, ...parameters: Array[]): Array => forward(net, x, parameters);
  const run = hasConvolutions(net) ? plain : jit(plain);
  const data = samples(net, 1);
  let y: ArrayLike<number> = [];
  return {
    run: async () => {
      y = await run(array(data, [1, ...net.input]), ...parameters.map(p => p.ref)).data();
    },
    result: () => y,
    free: () => parameters.forEach(p => p.dispose()),
  };
}

export const library: Library = {
  version: dependencies['@jax-js/jax'],
  prepare: work => {
    switch (work.kind) {
      case 'gemm':
        return gemm(work);
      case 'conv':
        return conv(work);
      case 'pool':
        return pool(work);
      case 'elementwise':
        return elementwise(work);
      case 'recurrent':
        return recurrent(work);
      case 'train':
        return train(work);
      case 'latency':
        return latency(work);
      default:
        return 'not its work';
    }
  },
};
