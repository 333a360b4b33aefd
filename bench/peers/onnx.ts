/** Work as ONNX models, for both runtimes. */
import onnxProto from 'onnx-proto';
import type { InferenceSession, OnnxValue, Tensor, TensorConstructor } from 'onnxruntime-common';
import { type Conv, sizes } from '../groups/conv';
import { type Elementwise, operands, WIDTH } from '../groups/elementwise';
import type { Gemm } from '../groups/gemm';
import { type Pool, poolSize } from '../groups/pool';
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
/** A graph; what runs gets the inputs and gives the outputs of the last node. */
interface Graph {
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
      dataType: data instanceof Float32Array ? FLOAT : INT64,
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    input: Object.entries(inputs).map(([name, { shape }]) => ({
      name, type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((n) => ({ dimValue: n })) } } },
    })),
    output: nodes.at(-1)!.outputs.filter((name) => name !== '').map((name) => ({ name })),
  };
  return onnx.ModelProto.encode({ irVersion: IR_VERSION, opsetImport: [{ domain: '', version: OPSET }], graph }).finish();
}

function gemm({ m, n, k, transposeA, transposeB, activation }: Gemm): Graph {
  const a = { shape: transposeA ? [k, m] : [m, k], data: values(m * k, 1) };
  const b = { shape: transposeB ? [n, k] : [k, n], data: values(k * n, 2) };
  const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
  return {
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
    inputs: { x: { shape: [n, c, size, size], data: values(count.x, 1) } },
    constants: { w: { shape: [k, c / groups, kernel, kernel], data: values(count.w, 2) } },
    nodes: [{
      op: 'Conv', inputs: ['x', 'w'], outputs: ['y'],
      attributes: { group: groups, strides: [stride, stride], pads: [padding, padding, padding, padding] },
    }],
  };
}

function pool({ of, planes, size, kernel, stride }: Pool): Graph | string {
  if (of === 'gx') return 'it has no gradients';
  return {
    inputs: { x: { shape: [1, planes, size, size], data: values(planes * size * size, 1) } },
    nodes: [{
      op: 'MaxPool', inputs: ['x'], outputs: of === 'at' ? ['y', 'at'] : ['y'],
      attributes: { kernel_shape: [kernel, kernel], strides: [stride, stride] },
    }],
  };
}

const OPS: Readonly<Record<Elementwise['f'], string>> = {
  relu: 'Relu', exp: 'Exp', log: 'Log', sigmoid: 'Sigmoid', tanh: 'Tanh', erf: 'Erf', gelu: 'Gelu', sin: 'Sin', sqrt: 'Sqrt',
  softmax: 'Softmax', add: 'Add', mul: 'Mul', div: 'Div', pow: 'Pow', 'add-scalar': 'Add', 'add-row': 'Add', sum: 'ReduceSum',
};

function elementwise(work: Elementwise): Graph {
  const { f } = work;
  const [first, second] = operands(work);
  const x = { shape: [first.length / WIDTH, WIDTH], data: first };
  const node = (inputs: string[], attributes = {}): Node[] => [{ op: OPS[f], inputs, outputs: ['y'], attributes }];
  switch (f) {
    case 'add':
    case 'mul':
    case 'div':
    case 'pow':
      return { inputs: { x, b: { ...x, data: second } }, nodes: node(['x', 'b']) };
    case 'add-scalar':
      return { inputs: { x, b: { shape: [1], data: second.subarray(0, 1) } }, nodes: node(['x', 'b']) };
    case 'add-row':
      return { inputs: { x, b: { shape: [WIDTH], data: second.subarray(0, WIDTH) } }, nodes: node(['x', 'b']) };
    default:
      return { inputs: { x }, nodes: node(['x']) };
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
  const [ih, hh, biasIh, biasHh] = parameters.map((p) => reorder(p, cell));
  const rows = GATES[cell] * hidden;
  const bias = new Float32Array(2 * rows);
  bias.set(biasIh!);
  bias.set(biasHh!, rows);
  return {
    inputs: { x: { shape: [STEPS, BATCH, INPUTS], data: x } },
    constants: {
      w: { shape: [1, rows, INPUTS], data: ih! },
      r: { shape: [1, rows, hidden], data: hh! },
      b: { shape: [1, 2 * rows], data: bias },
    },
    nodes: [{
      op: cell.toUpperCase(), inputs: ['x', 'w', 'r', 'b'], outputs: ['y'],
      attributes: { hidden_size: hidden, ...(cell === 'gru' ? { linear_before_reset: 1 } : {}) },
    }],
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
  return { inputs: { x0 }, constants, nodes: net.layers.map(netNode) };
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

async function open(runtime: Runtime, graph: Graph, optimised: boolean): Promise<InferenceSession> {
  return runtime.InferenceSession.create(encode(graph), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: optimised ? 'all' : 'disabled',
  });
}

/** Runs a session; inputs become tensors in each call. */
async function call(
  runtime: Runtime, session: InferenceSession, inputs: Graph['inputs'],
): Promise<Float32Array> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { shape, data }] of Object.entries(inputs)) feeds[name] = new runtime.Tensor('float32', data, shape);
  const y: OnnxValue | undefined = (await session.run(feeds))[session.outputNames[0]!];
  if (!y || !('data' in y) || !(y.data instanceof Float32Array)) throw new TypeError('the result is not of floats');
  return y.data;
}

/** A network: it is what goes in and comes out that counts too. */
async function whole(runtime: Runtime, graph: Graph): Promise<Task> {
  const session = await open(runtime, graph, true);
  let y: Float32Array | undefined;
  return {
    run: async () => {
      y = await call(runtime, session, graph.inputs);
    },
    result: () => y!,
    free: () => void session.release(),
  };
}

/** The first element of the last node's output. */
function first({ inputs, constants = {}, nodes }: Graph): Graph {
  const last = nodes.at(-1)!;
  const dims = BigInt64Array.of(0n, 1n);
  const [zero, one] = [dims.subarray(0, 1), dims.subarray(1)].map((data) => ({ shape: [1], data }));
  const slice = { op: 'Slice', inputs: [last.outputs[0]!, 'zero', 'one', 'zero'], outputs: ['first'] };
  return { inputs, constants: { ...constants, zero: zero!, one: one! }, nodes: [...nodes, slice] };
}

/**
 * A part of a network. What runs copies no more than it has to: its output is a slice of the result, and `fixed` inputs
 * are constants, which an optimiser would compute with beforehand.
 */
async function part(runtime: Runtime, graph: Graph, fixed: boolean): Promise<Task> {
  const { inputs, constants = {} } = graph;
  const placed = fixed ? { ...graph, inputs: {}, constants: { ...constants, ...inputs } } : graph;
  const checked = await open(runtime, placed, !fixed);
  const y = await call(runtime, checked, placed.inputs);
  await checked.release();
  const session = await open(runtime, first(placed), !fixed);
  return {
    run: () => call(runtime, session, placed.inputs),
    result: () => y,
    free: () => void session.release(),
  };
}

/** A runtime as a library. */
export function ortLibrary(runtime: Runtime, version: string): Library {
  const prepare: Library['prepare'] = (work) => {
    switch (work.kind) {
      case 'gemm':
        // A fused activation is the optimiser's.
        return part(runtime, gemm(work), work.activation === undefined);
      case 'elementwise':
        return part(runtime, elementwise(work), true);
      case 'pool': {
        const graph = pool(work);
        return typeof graph === 'string' ? graph : part(runtime, graph, true);
      }
      case 'conv':
      case 'recurrent': {
        const graph = work.kind === 'conv' ? conv(work) : recurrent(work);
        return typeof graph === 'string' ? graph : part(runtime, graph, false);
      }
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
