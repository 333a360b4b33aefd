/** Plans as files, for phyllo/edge. */
import type { AllKernels } from '../backend/backend';
import { BackendError, CaptureError, ValueError } from '../core/errors';
import { DTYPES, isStorage } from '../core/dtype';
import { aText, listOf, options, type Kind } from '../core/kinds';
import {
  aligned,
  ARRAYS,
  checksum,
  HEADER,
  isPortType,
  MAGIC,
  VERSION,
  type Description,
  type Port,
} from '../edge/format';
import type { Value, ValueView } from './graph';
import type { Call } from './lower';
import type { Program } from './program';

/** Kernels beside gradients that the edge does not have: what trains, and what draws random numbers. */
const FULL_ONLY: ReadonlySet<string> = new Set<keyof AllKernels>([
  'sgd',
  'adam',
  'nadam',
  'nadamProduct',
  'radam',
  'sparseAdam',
  'rmsprop',
  'adagrad',
  'adadelta',
  'adamax',
  'rprop',
  'asgd',
  'tick',
  'multiplyAdds',
  'draw',
  'bits',
  'uniform',
  'normal',
  'dropout',
  'gammaLog',
  'poisson',
  'copy16',
  'copy64',
  'scatterAdd',
  'scatter',
  'scatterI32',
  'indexAdd',
  'conv2dTakesBlocked',
  'sumBlocked',
  'crossEntropy',
  'conv2dPrepare',
  'conv2dPreparedSize',
  'gemmPack',
  'gemmPackSize',
]);
/** Conversions of what is for storage. */
const STORAGE = DTYPES.filter(isStorage).join('|');
const CONVERTS = new RegExp(`^(${STORAGE})To|To(${STORAGE})$`, 'i');
/** Whether phyllo/edge has a kernel. */
export const isInInfer = (kernel: string): boolean =>
  // What normalises reads its statistics in f64.
  kernel === 'f32ToF64' || (!FULL_ONLY.has(kernel) && !CONVERTS.test(kernel) && !/Grad[XW]?$|Take$/.test(kernel));

/** A tensor that goes in or comes out, and its name there. */
export interface Named {
  readonly name: string;
  readonly view: ValueView;
}

/** What inputs and outputs are called, in order; by default their keys: `image`, or `0.image` of several arguments. */
export interface Names {
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
}

const texts = listOf(aText, 'a list of texts');
export const aNaming: Kind<Names | undefined> = options<Names>({ inputs: texts, outputs: texts });

/** Tensors by the names asked for, or by their paths, one without any by `alone`. */
export function namesOf(alone: string, tensors: readonly Named[], names: readonly string[] | undefined): Named[] {
  if (names && names.length !== tensors.length) {
    throw new ValueError('encode', `there are ${tensors.length} ${alone}s, not the ${names.length} named`);
  }
  const named = tensors.map(({ name, view }, i) => ({ name: names?.[i] ?? (name || alone), view }));
  const twice = named.find(({ name }, i) => named.findIndex(other => other.name === name) < i);
  if (twice) throw new ValueError('encode', `two ${alone}s are called ${twice.name}`);
  return named;
}

/** The bytes of a program: see edge/format.ts. */
export function encode(program: Program, inputs: readonly Named[], outputs: readonly Named[]): Uint8Array {
  const { backend, instructions, memory } = program;
  program.prepare();
  const calls = instructions.flatMap(i => ('body' in i ? i.body : [i]));

  // The memory: weights, then what goes in, what comes out, and the arena.
  const addresses = new Map<Value, number>();
  const weights: { readonly at: number; readonly from: number; readonly bytes: number }[] = [];
  const used = [
    ...calls.flatMap(call => call.relocations.map(({ value }) => value)),
    ...outputs.map(o => o.view.value),
  ];
  let end = 0;
  const put = (v: Value): number => {
    const at = end;
    addresses.set(v, at);
    end += aligned(Math.max(v.bytes, 1));
    return at;
  };
  for (const v of used) {
    if (!('storage' in v.origin) || addresses.has(v)) continue;
    weights.push({ at: put(v), from: v.origin.storage.at, bytes: v.bytes });
  }
  const constant = end;
  for (const [v, at] of memory.offsets) addresses.set(v, end + at);
  end += aligned(memory.bytes);
  for (const v of [...inputs.map(i => i.view.value), ...used]) if (!addresses.has(v)) put(v);

  const kernels: string[] = [];
  const numbers: number[] = [];
  const write = ({ kernel, args, relocations, step }: Call, growth: readonly number[], time: number): void => {
    if (!isInInfer(kernel)) {
      throw new CaptureError('encode', `${step.def.name} needs the kernel ${kernel}, which phyllo/edge does not have`);
    }
    if (!kernels.includes(kernel)) kernels.push(kernel);
    const own = [...args];
    let mask = 0;
    for (const { arg, value, at } of relocations) {
      own[arg] = addresses.get(value)! + at;
      mask += 2 ** arg;
    }
    numbers.push(kernels.indexOf(kernel), own.length, mask, ...own.map((x, arg) => x + (growth[arg] ?? 0) * time));
  };
  for (const i of instructions) {
    if (!('body' in i)) write(i, [], 0);
    else for (let time = 0; time < i.times; time++) i.body.forEach((call, j) => write(call, i.growth[j]!, time));
  }

  const port = ({ name, view: { value, address: at, shape, dtype, dense } }: Named): Port => {
    if (!isPortType(dtype)) {
      const takes = Object.keys(ARRAYS).join(', ');
      throw new CaptureError(
        'encode',
        `phyllo/edge takes and gives ${takes}, ${name} is ${dtype}: convert it with to()`,
      );
    }
    if (!dense) throw new CaptureError('encode', `${name} is not dense: return ${name}.contiguous()`);
    return { name, dtype, shape, at: addresses.get(value)! + at };
  };
  const description: Description = { kernels, inputs: inputs.map(port), outputs: outputs.map(port) };
  const text = new TextEncoder().encode(JSON.stringify(description));
  const callsAt = HEADER + aligned(text.length);
  const weightsAt = callsAt + aligned(8 * numbers.length);

  const file = new Uint8Array(weightsAt + constant);
  file.set(Array.from(MAGIC, c => c.charCodeAt(0)));
  file.fill(0x20, HEADER, callsAt).set(text, HEADER);
  new Float64Array(file.buffer, callsAt).set(numbers);
  if (backend.readBytes === undefined) {
    throw new BackendError('encode', `the memory of ${backend.name} can only be read asynchronously`);
  }
  for (const { at, from, bytes } of weights) file.set(backend.readBytes(from, bytes, 'u8'), weightsAt + at);
  const header = new Uint32Array(file.buffer, 0, HEADER / 4);
  header.set([VERSION, 0, callsAt - HEADER, numbers.length, constant, end - constant], 2);
  header[3] = checksum(new Uint32Array(file.buffer, 16));
  return file;
}
