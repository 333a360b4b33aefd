/** Work as ONNX models, for both runtimes. */
import { env } from 'node:process';
import onnxProto from 'onnx-proto';
import type { InferenceSession, OnnxValue, Tensor, TensorConstructor } from 'onnxruntime-common';
import { type Conv, sizes } from '../groups/conv';
import { type Elementwise, operands, WIDTH } from '../groups/elementwise';
import type { Gemm } from '../groups/gemm';
import type { Pool } from '../groups/pool';
import { BATCH, GATES, INPUTS, type Recurrent, recurrentData, STEPS } from '../groups/rnn';
import type { Library } from '../library';
import { type NetLayer, type NetName, NETS, parameters, samples } from '../nets';
import type { Task } from '../row';
import { values } from '../values';

const { onnx } = onnxProto;
const { FLOAT, INT64 } = onnx.TensorProto.DataType;
const [IR_VERSION, OPSET] = [9, 20];

interface Array {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}
interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
}
/** A graph; what runs gets the inputs and gives the outputs of the last node, of which the first has so many dimensions. */
interface Graph {
  readonly rank: number;
  readonly inputs: Readonly<Record<string, Array>>;
  readonly constants?: Readonly<Record<string, Array>>;
  readonly nodes: readonly Node[];
}

function attribute(name: string, value: number | string | readonly number[]): InstanceType<typeof onnx.AttributeProto> {
  const { AttributeType } = onnx.AttributeProto;
  if (typeof value === 'number') return onnx.AttributeProto.create({ name, type: AttributeType.INT, i: value });
  if (typeof value === 'string') {
    return onnx.AttributeProto.create({ name, type: AttributeType.STRING, s: new TextEncoder().encode(value) });
  }
  return onnx.AttributeProto.create({ name, type: AttributeType.INTS, ints: [...value] });
}

const typeOf = (data: Array['data']): number => (data instanceof Float32Array ? FLOAT : INT64);

function encode({ inputs, constants = {}, nodes }: Graph): Uint8Array {
  const graph = {
    name: 'work',
    node: nodes.map(({ op, inputs, outputs, attributes = {} }) => ({
      opType: op,
      input: [...inputs],
      output: [...outputs],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    })),
    initializer: Object.entries(constants).map(([name, { shape, data }]) => ({
      name,
      dims: [...shape],
      dataType: typeOf(data),
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    input: Object.entries(inputs).map(([name, { shape, data }]) => ({
      name,
      type: { tensorType: { elemType: typeOf(data), shape: { dim: shape.map(n => ({ dimValue: n })) } } },
    })),
    output: nodes
      .at(-1)!
      .outputs.filter(name => name !== '')
      .map(name => ({ name })),
  };
  return onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: OPSET }],
    graph,
  }).finish();
}

function gemm({ m, n, k, transposeA, transposeB, activation }: Gemm): Graph {
  const a = { shape: transposeA ? [k, m] : [m, k], data: values(m * k, 1) };
  const b = { shape: transposeB ? [n, k] : [k, n], data: values(k * n, 2) };
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  return {
    rank: 2,
    inputs: { a },
    constants: { b },
    nodes: [
      { op: 'Gemm', inputs: ['a', 'b'], outputs: ['c'], attributes },
      ...(activation ? [{ op: 'Relu', inputs: ['c'], outputs: ['y'] }] : []),
    ],
  };
}

function conv(work: Conv): Graph | string {
  if (work.of !== 'y') return 'it has no gradients';
  const { n, c, size, k, kernel, stride = 1, padding = 0, groups = 1 } = work;
  const count = sizes(work);
  return {
    rank: 4,
    inputs: { x: { shape: [n, c, size, size], data: values(count.x, 1) } },
    constants: { w: { shape: [k, c / groups, kernel, kernel], data: values(count.w, 2) } },
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'w'],
        outputs: ['y'],
        attributes: { group: groups, strides: [stride, stride], pads: [padding, padding, padding, padding] },
      },
    ],
  };
}

function pool({ of, planes, size, kernel, stride }: Pool): Graph | string {
  if (of === 'gx') return 'it has no gradients';
  return {
    rank: 4,
    inputs: { x: { shape: [1, planes, size, size], data: values(planes * size * size, 1) } },
    nodes: [
      {
        op: 'MaxPool',
        inputs: ['x'],
        outputs: of === 'at' ? ['y', 'at'] : ['y'],
        attributes: { kernel_shape: [kernel, kernel], strides: [stride, stride] },
      },
    ],
  };
}

const OPS: Readonly<Record<Elementwise['f'], string>> = {
  relu: 'Relu',
  exp: 'Exp',
  log: 'Log',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  erf: 'Erf',
  gelu: 'Gelu',
  sin: 'Sin',
  sqrt: 'Sqrt',
  softmax: 'Softmax',
  add: 'Add',
  mul: 'Mul',
  div: 'Div',
  pow: 'Pow',
  'add-scalar': 'Add',
  'add-row': 'Add',
  sum: 'ReduceSum',
};

function elementwise(work: Elementwise): Graph {
  const { f } = work;
  const rank = 2;
  const [first, second] = operands(work);
  const x = { shape: [first.length / WIDTH, WIDTH], data: first };
  const node = (inputs: string[], attributes = {}): Node[] => [{ op: OPS[f], inputs, outputs: ['y'], attributes }];
  switch (f) {
    case 'add':
    case 'mul':
    case 'div':
    case 'pow':
      return { rank, inputs: { x, b: { ...x, data: second } }, nodes: node(['x', 'b']) };
    case 'add-scalar':
      return { rank, inputs: { x, b: { shape: [1], data: second.subarray(0, 1) } }, nodes: node(['x', 'b']) };
    case 'add-row':
      return { rank, inputs: { x, b: { shape: [WIDTH], data: second.subarray(0, WIDTH) } }, nodes: node(['x', 'b']) };
    default:
      return { rank, inputs: { x }, nodes: node(['x']) };
  }
}

/** Rows of gates in ONNX's order, from PyTorch's: z, r, n instead of r, z, n, and i, o, f, g instead of i, f, g, o. */
function reorder(data: Float32Array, cell: Recurrent['cell']): Float32Array {
  const order = { rnn: [0], gru: [1, 0, 2], lstm: [0, 3, 1, 2] }[cell];
  const part = data.length / GATES[cell];
  const reordered = new Float32Array(data.length);
  order.forEach((from, to) => reordered.set(data.subarray(from * part, (from + 1) * part), to * part));
  return reordered;
}

function recurrent(work: Recurrent): Graph | string {
  if (work.of !== 'fwd') return 'it has no gradients';
  const { cell, hidden } = work;
  const { x, parameters } = recurrentData(work);
  const [ih, hh, biasIh, biasHh] = parameters.map(p => reorder(p, cell));
  const rows = GATES[cell] * hidden;
  const bias = new Float32Array(2 * rows);
  bias.set(biasIh!);
  bias.set(biasHh!, rows);
  return {
    rank: 4,
    inputs: { x: { shape: [STEPS, BATCH, INPUTS], data: x } },
    constants: {
      w: { shape: [1, rows, INPUTS], data: ih! },
      r: { shape: [1, rows, hidden], data: hh! },
      b: { shape: [1, 2 * rows], data: bias },
    },
    nodes: [
      {
        op: cell.toUpperCase(),
        inputs: ['x', 'w', 'r', 'b'],
        outputs: ['y'],
        attributes: { hidden_size: hidden, ...(cell === 'gru' ? { linear_before_reset: 1 } : {}) },
      },
    ],
  };
}

function netNode(layer: NetLayer, i: number): Node {
  const [x, y] = [`x${i}`, `x${i + 1}`];
  switch (layer.op) {
    case 'conv': {
      const { stride = 1, padding = 0 } = layer;
      const attributes = { strides: [stride, stride], pads: [padding, padding, padding, padding] };
      return { op: 'Conv', inputs: [x, `w${i}`, `b${i}`], outputs: [y], attributes };
    }
    case 'linear':
      return { op: 'Gemm', inputs: [x, `w${i}`, `b${i}`], outputs: [y], attributes: { transB: 1 } };
    case 'maxPool': {
      const { kernel, stride } = layer;
      const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride] };
      return { op: 'MaxPool', inputs: [x], outputs: [y], attributes };
    }
    case 'relu':
      return { op: 'Relu', inputs: [x], outputs: [y] };
    case 'flatten':
      return { op: 'Flatten', inputs: [x], outputs: [y] };
  }
}

function net(name: NetName): Graph {
  const net = NETS[name];
  const constants: Record<string, Array> = {};
  parameters(net).forEach((weights, i) => {
    const layer = net.layers[i]!;
    if (!weights || !('k' in layer)) return;
    const shape = layer.op === 'conv' ? [layer.k, layer.c, layer.kernel, layer.kernel] : [layer.k, layer.c];
    constants[`w${i}`] = { shape, data: weights.weight };
    constants[`b${i}`] = { shape: [layer.k], data: weights.bias };
  });
  const x0 = { shape: [1, ...net.input], data: samples(net, 1) };
  return { rank: 2, inputs: { x0 }, constants, nodes: net.layers.map(netNode) };
}

/** A network as a file. */
export const netModel = (name: NetName): Uint8Array => encode(net(name));

/** What the two runtimes have in common. */
interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

async function open(runtime: Runtime, graph: Graph): Promise<InferenceSession> {
  return runtime.InferenceSession.create(encode(graph), {
    intraOpNumThreads: Number(env.BENCH_THREADS),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
  });
}

/** The inputs as tensors, which copies nothing. */
function feeds({ Tensor }: Runtime, inputs: Graph['inputs']): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array ? new Tensor('float32', data, shape) : new Tensor('int64', data, shape),
    ]),
  );
}

async function call(session: InferenceSession, inputs: Readonly<Record<string, Tensor>>): Promise<Float32Array> {
  const y: OnnxValue | undefined = (await session.run(inputs))[session.outputNames[0]!];
  if (!y || !('data' in y) || !(y.data instanceof Float32Array)) throw new TypeError('the result is not of floats');
  return y.data;
}

/** A network: it is what goes in and comes out that counts too. */
async function whole(runtime: Runtime, graph: Graph): Promise<Task> {
  const session = await open(runtime, graph);
  let y: Float32Array | undefined;
  return {
    run: async () => {
      y = await call(session, feeds(runtime, graph.inputs));
    },
    result: () => y!,
    free: () => void session.release(),
  };
}

const integers = (...numbers: number[]): Array => ({
  shape: [numbers.length],
  data: BigInt64Array.from(numbers, BigInt),
});

/**
 * The same without what running a session copies: the inputs are constants, of which the shapes go in, so that nothing is
 * computed beforehand; the first number of the output comes out.
 */
function inside({ rank, inputs, constants = {}, nodes }: Graph): Graph {
  const names = Object.keys(inputs);
  const dims = Array.from({ length: rank }, (_, i) => i);
  const renamed = names.map(name => [`${name}_data`, inputs[name]!] as const);
  return {
    rank,
    inputs: Object.fromEntries(names.map(name => [`${name}_shape`, integers(...inputs[name]!.shape)])),
    constants: {
      ...constants,
      ...Object.fromEntries(renamed),
      starts: integers(...dims.map(() => 0)),
      ends: integers(...dims.map(() => 1)),
      axes: integers(...dims),
    },
    nodes: [
      ...names.map(name => ({ op: 'Reshape', inputs: [`${name}_data`, `${name}_shape`], outputs: [name] })),
      ...nodes,
      { op: 'Slice', inputs: [nodes.at(-1)!.outputs[0]!, 'starts', 'ends', 'axes'], outputs: ['first'] },
    ],
  };
}

/** A part of a network: what it computes, once, and then without what goes in and comes out. */
async function part(runtime: Runtime, graph: Graph): Promise<Task> {
  const checked = await open(runtime, graph);
  const y = await call(checked, feeds(runtime, graph.inputs));
  await checked.release();
  const timed = inside(graph);
  const session = await open(runtime, timed);
  const inputs = feeds(runtime, timed.inputs);
  return {
    run: () => call(session, inputs),
    result: () => y,
    free: () => void session.release(),
  };
}

/** A runtime as a library. */
export function ortLibrary(runtime: Runtime, version: string): Library {
  const all = (graph: Graph | string): Promise<Task> | string =>
    typeof graph === 'string' ? graph : part(runtime, graph);
  const prepare: Library['prepare'] = work => {
    switch (work.kind) {
      case 'gemm':
        return all(gemm(work));
      case 'elementwise':
        return all(elementwise(work));
      case 'pool':
        return all(pool(work));
      case 'conv':
        return all(conv(work));
      case 'recurrent':
        return all(recurrent(work));
      case 'latency':
        return whole(runtime, net(work.net));
      case 'train':
      case 'charlm':
        return 'it does not train';
      default:
        return 'not its work';
    }
  };
  return { version, prepare };
}
