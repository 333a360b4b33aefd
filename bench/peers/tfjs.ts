/** tfjs on its WebAssembly backend. Images are NHWC, weights [kernel, kernel, c, k] or [c, k]. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
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
import { NCHW_TO_NHWC, NHWC_TO_NCHW, permute } from './permute';

const require = createRequire(import.meta.url);
setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/'));
await tf.setBackend('wasm');
await tf.ready();

/** Runs f, keeping its last result only; `read` copies that out in phyllo's order. */
function task(f: () => tf.Tensor, read: (y: tf.Tensor) => ArrayLike<number> = y => y.dataSync()): Task {
  let y: tf.Tensor | undefined;
  return {
    run: () => {
      y?.dispose();
      y = tf.tidy(f);
    },
    result: () => read(y!),
    free: () => tf.disposeVariables(),
  };
}

/** An image [n, c, h, w] as NHWC. */
const image = (data: Float32Array, n: number, c: number, size: number): tf.Tensor4D =>
  tf.tensor4d(permute(data, [n, c, size, size], NCHW_TO_NHWC), [n, size, size, c]);
const readImage = (y: tf.Tensor): ArrayLike<number> => permute(y.dataSync(), y.shape, NHWC_TO_NCHW);
/** Weights [k, c, kernel, kernel] as tfjs's. */
const filter = (data: Float32Array, k: number, c: number, kernel: number): tf.Tensor4D =>
  tf.tensor4d(permute(data, [k, c, kernel, kernel], [2, 3, 1, 0]), [kernel, kernel, c, k]);

function gemm({ m, n, k, transposeA = false, transposeB = false, activation }: Gemm): Task {
  const a = tf.tensor2d(values(m * k, 1), transposeA ? [k, m] : [m, k]);
  const b = tf.tensor2d(values(k * n, 2), transposeB ? [n, k] : [k, n]);
  return task(() => {
    const y = tf.matMul(a, b, transposeA, transposeB);
    return activation ? tf.relu(y) : y;
  });
}

function conv(work: Conv): Task | string {
  const { of, prepared, n, c, size, k, kernel, stride = 1, padding = 0, groups = 1 } = work;
  if (prepared) return 'it prepares no weights';
  if (of === 'gw') return 'no kernel for the gradient of weights';
  if (of === 'gx') return 'its gradient of inputs takes no padding that its forward pass takes';
  const count = sizes(work);
  const x = image(values(count.x, 1), n, c, size);
  const data = values(count.w, 2);
  if (groups === 1) {
    const w = filter(data, k, c, kernel);
    return task(() => tf.conv2d(x, w, stride, padding, 'NHWC', 1, 'floor'), readImage);
  }
  if (groups !== c || k !== c) return 'no groups';
  const w = tf.tensor4d(permute(data, [c, kernel, kernel], [1, 2, 0]), [kernel, kernel, c, 1]);
  return task(() => tf.depthwiseConv2d(x, w, stride, padding, 'NHWC', 1, 'floor'), readImage);
}

function pool(work: Pool): Task | string {
  const { of, planes, size, kernel, stride } = work;
  if (of !== 'y') return 'no kernel for it';
  const x = image(values(planes * size * size, 1), 1, planes, size);
  return task(() => tf.maxPool(x, kernel, stride, 'valid'), readImage);
}

function elementwise(work: Elementwise): Task | string {
  const { f } = work;
  if (f === 'gelu') return 'no such function';
  const [first, second] = operands(work);
  const x = tf.tensor2d(first, [first.length / WIDTH, WIDTH]);
  const b = tf.tensor2d(second, [first.length / WIDTH, WIDTH]);
  switch (f) {
    case 'add-scalar': {
      const scalar = tf.scalar(second[0]!);
      return task(() => tf.add(x, scalar));
    }
    case 'add-row': {
      const row = tf.tensor1d(second.subarray(0, WIDTH));
      return task(() => tf.add(x, row));
    }
    case 'add':
    case 'mul':
    case 'div':
    case 'pow':
      return task(() => tf[f](x, b));
    case 'softmax':
      return task(() => tf.softmax(x));
    case 'sum':
      return task(() => tf.sum(x));
    default:
      return task(() => tf[f](x));
  }
}

/** Step by step: it has no kernel for a whole sequence. The inputs of all steps are projected at once. */
function recurrent(work: Recurrent): Task | string {
  if (work.of === 'grad') return 'its gradients unroll the sequence';
  const { cell, hidden } = work;
  const data = recurrentData(work);
  const rows = GATES[cell] * hidden;
  const [ihData, hhData, biasIhData, biasHhData] = data.parameters;
  const x = tf.tensor2d(data.x, [STEPS * BATCH, INPUTS]);
  const ih = tf.tensor2d(permute(ihData, [rows, INPUTS], [1, 0]), [INPUTS, rows]);
  const hh = tf.tensor2d(permute(hhData, [rows, hidden], [1, 0]), [hidden, rows]);
  const [biasIh, biasHh] = [tf.tensor1d(biasIhData), tf.tensor1d(biasHhData)];
  return task(() => {
    const p = tf.add(tf.matMul(x, ih), biasIh);
    let h: tf.Tensor2D = tf.zeros([BATCH, hidden]);
    let c: tf.Tensor2D = tf.zeros([BATCH, hidden]);
    const states: tf.Tensor2D[] = [];
    const part = (gates: tf.Tensor2D, i: number): tf.Tensor2D => tf.slice(gates, [0, i * hidden], [BATCH, hidden]);
    for (let t = 0; t < STEPS; t++) {
      const pt = tf.slice2d(p.as2D(STEPS * BATCH, rows), [t * BATCH, 0], [BATCH, rows]);
      const q: tf.Tensor2D = tf.add(tf.matMul(h, hh), biasHh);
      if (cell === 'rnn') {
        h = tf.tanh(tf.add<tf.Tensor2D>(pt, q));
      } else if (cell === 'gru') {
        const [r, z] = [0, 1].map(i => tf.sigmoid(tf.add(part(pt, i), part(q, i))));
        const n = tf.tanh(tf.add<tf.Tensor2D>(part(pt, 2), tf.mul(r!, part(q, 2))));
        h = tf.add(n, tf.mul(z!, tf.sub(h, n)));
      } else {
        const a: tf.Tensor2D = tf.add(pt, q);
        const [i, f, o] = [0, 1, 3].map(gate => tf.sigmoid(part(a, gate)));
        c = tf.add(tf.mul(f!, c), tf.mul(i!, tf.tanh(part(a, 2))));
        h = tf.mul(o!, tf.tanh(c));
      }
      states.push(h);
    }
    return tf.concat(states);
  });
}

/** The network as a function, and its parameters. */
function build(net: Net): { forward(x: tf.Tensor): tf.Tensor; variables: tf.Variable[] } {
  const variables: tf.Variable[] = [];
  const weights = parameters(net).map((data, i) => {
    const layer = net.layers[i]!;
    if (!data || !('k' in layer)) return null;
    const { c, k } = layer;
    const w = tf.variable(
      layer.op === 'conv'
        ? filter(data.weight, k, c, layer.kernel)
        : tf.tensor2d(permute(data.weight, [k, c], [1, 0]), [c, k]),
    );
    const b = tf.variable(tf.tensor1d(data.bias));
    variables.push(w, b);
    return [w, b] as const;
  });
  const forward = (x: tf.Tensor): tf.Tensor =>
    net.layers.reduce((x: tf.Tensor, layer, i) => {
      const [w, b] = weights[i] ?? [];
      switch (layer.op) {
        case 'conv': {
          const { stride = 1, padding = 0 } = layer;
          return tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding, 'NHWC', 1, 'floor'), b!);
        }
        case 'linear':
          return tf.add(tf.matMul(x, w!), b!);
        case 'maxPool':
          return tf.maxPool(x as tf.Tensor4D, layer.kernel, layer.stride, 'valid');
        case 'relu':
          return tf.relu(x);
        case 'flatten':
          // The weights that follow count channels first.
          return tf.reshape(tf.transpose(x, [...NHWC_TO_NCHW]), [x.shape[0]!, -1]);
      }
    }, x);
  return { forward, variables };
}

/** A batch in tfjs's order. */
const batch = (net: Net, data: Float32Array, n: number): tf.Tensor =>
  net.input.length === 1 ? tf.tensor2d(data, [n, net.input[0]!]) : image(data, n, net.input[0]!, net.input[1]!);

function train({ net: name, optimizer: kind, batch: n }: Train): Task | string {
  const net = NETS[name];
  if (net.layers.some(({ op }) => op === 'conv')) return 'no kernel for the gradient of weights';
  const { forward, variables } = build(net);
  const x = batch(net, samples(net, n), n);
  const target = tf.oneHot(tf.tensor1d(labels(n, 10, 1), 'int32'), 10);
  const optimizer = kind === 'sgd' ? tf.train.sgd(0.01) : tf.train.adam(0.001, 0.9, 0.999, 1e-8);
  return task(() => optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, forward(x)), true, variables)!);
}

function latency({ net: name }: Latency): Task {
  const net = NETS[name];
  const { forward } = build(net);
  const data = samples(net, 1);
  const [c, size] = net.input;
  const input = size === undefined ? data : permute(data, [1, c!, size, size], NCHW_TO_NHWC);
  const shape = size === undefined ? [1, c!] : [1, size, size, c!];
  let y: ArrayLike<number> = [];
  return {
    run: () => {
      y = tf.tidy(() => forward(tf.tensor(input, shape)).dataSync());
    },
    result: () => y,
    free: () => tf.disposeVariables(),
  };
}

export const library: Library = {
  version: dependencies['@tensorflow/tfjs'],
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
