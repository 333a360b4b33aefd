/** What a model is made of and what it costs: shapes, parameters, multiply-adds, memory and time, layer by layer. */
import type { OpDef, OpParams, Tensors } from '../core/definition';
import type { DType } from '../core/dtype';
import { aBoolean, aShape, kind, every, options as optionsOf, type Kind } from '../core/kinds';
import { noGrad, runtime, type Interpreter } from '../core/runtime';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { checked } from '../core/signature';
import type { Storage } from '../core/storage';
import { bytes, short } from '../core/table';
import { Tensor } from '../core/tensor';
import { leaves } from '../core/tree';
import type { RemovableHandle } from '../autodiff/hooks';
import { zeros } from '../ops/creation';
import { fields } from './fields';
import { aModule, type Module } from './module';
import { Parameter } from './parameter';
import { showsText } from './print';

/** What one input is made of. */
export type SummaryInput = Shape | Tensor;
const isInput = (v: unknown): boolean => aShape.fits(v) || (v instanceof Tensor && !v.disposed);
const inputKind: Kind<SummaryInput | readonly SummaryInput[]> = kind(
  'the shape of an input, a tensor, or a list of these',
  v => isInput(v) || every(v, isInput),
);
const isOne = (v: SummaryInput | readonly SummaryInput[]): v is SummaryInput => isInput(v);

export interface SummaryOptions {
  /** Measure the time of each layer, too: the best of five runs after the first. Default false. */
  readonly time?: boolean;
}

/** One module: what it has and does itself, without the modules inside. */
export interface LayerStatistics {
  /** '' is the model itself. */
  readonly path: string;
  readonly kind: string;
  /** Shapes of the tensors that `forward` returned last; none, if it did not run. */
  readonly outputs: readonly Shape[];
  readonly outputBytes: number;
  readonly parameters: number;
  readonly parameterBytes: number;
  /** Of products of matrices, convolutions and recurrences, in all runs of its forward: each is two operations. */
  readonly multiplyAdds: number;
  /** Milliseconds; null if they were not measured. */
  readonly ms: number | null;
}

/** What a model is made of and what a forward pass costs. Printed, it is a table. */
export class ModelStatistics {
  /** Parameters, each once; those that are trained; and the bytes of all. */
  readonly parameters: number;
  readonly trainedParameters: number;
  readonly parameterBytes: number;
  /** Of all layers together. */
  readonly multiplyAdds: number;
  /** Of what the modules without others inside return, which training keeps, roughly. */
  readonly outputBytes: number;
  readonly ms: number | null;

  constructor(
    private readonly model: Module,
    /** Shapes of the inputs. */
    readonly inputs: readonly Shape[],
    /** The model and all modules inside, in the order of its fields. */
    readonly layers: readonly LayerStatistics[],
  ) {
    const sum = (f: (l: LayerStatistics) => number): number => layers.reduce((n, l) => n + f(l), 0);
    const all = model.parameters();
    this.parameters = all.reduce((n, p) => n + p.size, 0);
    this.trainedParameters = all.reduce((n, p) => n + (p.requiresGrad ? p.size : 0), 0);
    this.parameterBytes = all.reduce((n, p) => n + bytesOf(p), 0);
    this.multiplyAdds = sum(l => l.multiplyAdds);
    const inner = new Set([...model.namedModules()].flatMap(([path, m]) => (m.children().length > 0 ? [path] : [])));
    this.outputBytes = sum(l => (inner.has(l.path) ? 0 : l.outputBytes));
    this.ms = layers[0]?.ms === null ? null : sum(l => l.ms ?? 0);
    showsText(ModelStatistics.prototype);
  }

  toString(): string {
    const rows = this.layers
      .filter(({ path }) => path !== '')
      .map(l => [
        l.path,
        l.kind,
        l.outputs.length > 0 ? l.outputs.map(show).join(' ') : '–',
        count(l.parameters),
        count(l.multiplyAdds),
        ...(l.ms === null ? [] : [l.ms.toFixed(3)]),
      ]);
    const heading = ['layer', 'kind', 'output', 'parameters', 'multiply-adds', ...(this.ms === null ? [] : ['ms'])];
    const widths = heading.map((_, c) => Math.max(...[heading, ...rows].map(r => r[c]!.length)));
    const line = (r: readonly string[]): string =>
      r
        .map((cell, c) => (c < 3 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
        .join('  ')
        .trimEnd();
    const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2));
    const time = this.ms === null ? '' : `, ${this.ms.toFixed(3)} ms`;
    return [
      `${this.model.constructor.name}, input ${this.inputs.map(show).join(', ')}`,
      rule,
      line(heading),
      rule,
      ...rows.map(line),
      rule,
      `${short(this.multiplyAdds)} multiply-adds, ${bytes(this.parameterBytes)} of parameters, ${bytes(this.outputBytes)} of outputs${time}`,
      `${count(this.parameters)} parameters, ${count(this.trainedParameters)} trained`,
    ].join('\n');
  }
}
const count = (n: number): string => n.toLocaleString('en-US');
const bytesOf = (t: Tensor): number => t.size * t.storage.backend.itemSize(t.dtype);

/** Parameters of the module itself, without those inside. */
const ownParameters = (m: Module): Parameter[] =>
  [...fields(m)].flatMap(([, v]) => (v instanceof Parameter ? [v] : []));

/** Computes as ever, and counts the multiply-adds of each module. */
class Counting implements Interpreter {
  readonly of: Map<unknown, number> = new Map();
  constructor(private readonly inner: Interpreter) {}

  alloc(shape: Shape, dtype: DType): Storage {
    return this.inner.alloc(shape, dtype);
  }
  exec(def: OpDef, xs: Tensors, ys: readonly Tensor[], params: OpParams): void {
    this.inner.exec(def, xs, ys, params);
    const [y = xs[0]!] = ys;
    if (!def.flops) return;
    let at = runtime.scope;
    while (at !== null && typeof at.label === 'string') at = at.parent; // the innermost call of a module
    this.of.set(at?.label, (this.of.get(at?.label) ?? 0) + def.flops(xs, y, params) / 2);
  }
}

/** Milliseconds in each module, without those in the modules that it calls. */
class Watch {
  readonly of: Map<Module, number> = new Map();
  private readonly running: { readonly start: number; inside: number }[] = [];

  begin(): void {
    this.running.push({ start: performance.now(), inside: 0 });
  }
  end(m: Module): void {
    const { start, inside } = this.running.pop()!;
    const ms = performance.now() - start;
    this.of.set(m, (this.of.get(m) ?? 0) + ms - inside);
    const around = this.running.at(-1);
    if (around) around.inside += ms;
  }
}
const RUNS = 5;

/** Runs `f` with hooks on all modules that take some. */
function hooked(model: Module, hang: (m: Module) => readonly RemovableHandle[], f: () => void): void {
  const methods = model.modules().filter(m => !Object.hasOwn(m, 'forward'));
  const handles = methods.flatMap(hang);
  try {
    f();
  } finally {
    for (const h of handles) h.remove();
  }
}

/**
 * What a model is made of and what a forward pass costs: shapes of outputs, parameters, multiply-adds, bytes, and if asked
 * for the time of each layer. Found by running it once, in evaluation mode, on `inputs`: tensors (integers for an
 * Embedding, say) or shapes (with the batch), which stand for zeros; several in a list. Printed, it is the table of
 * {@link summary}.
 */
export const statistics: (
  model: Module,
  inputs: SummaryInput | readonly SummaryInput[],
  options?: SummaryOptions,
) => ModelStatistics = checked(
  'statistics',
  [
    ['model', aModule()],
    ['inputs', inputKind],
    ['options', optionsOf<SummaryOptions>({ time: aBoolean })],
  ],
  measure,
);
function measure(
  model: Module,
  inputs: SummaryInput | readonly SummaryInput[],
  { time = false }: SummaryOptions = {},
): ModelStatistics {
  const list = isOne(inputs) ? [inputs] : inputs;
  const outputs = new Map<Module, Tensor[]>();
  const best = new Map<Module, number>();
  const { interpreter } = runtime;
  const counting = new Counting(interpreter);
  const modes = [...model.namedModules()].map(([, m]) => [m, m.training] as const);
  const rows = (): LayerStatistics[] =>
    [...model.namedModules()].map(([path, m]) => {
      const [own, made] = [ownParameters(m), outputs.get(m) ?? []];
      return {
        path,
        kind: m.constructor.name,
        outputs: made.map(t => t.shape),
        outputBytes: made.reduce((n, t) => n + bytesOf(t), 0),
        parameters: own.reduce((n, p) => n + p.size, 0),
        parameterBytes: own.reduce((n, p) => n + bytesOf(p), 0),
        multiplyAdds: counting.of.get(m) ?? 0,
        ms: time ? (best.get(m) ?? 0) : null,
      };
    });
  const note = (m: Module): RemovableHandle[] => {
    const hook = (_: Module, __: unknown, y: unknown): void => {
      outputs.set(
        m,
        [...leaves(y)].flatMap(([, t]) => (t instanceof Tensor ? [t] : [])),
      );
    };
    return [m.registerForwardHook(hook)];
  };
  const run = (): void => {
    const given = list.map(v => (v instanceof Tensor ? v : zeros(v)));
    scope(() => void Reflect.apply(model.forward, model, given), 'a run');
  };
  model.eval();
  try {
    scope(
      () =>
        noGrad(() => {
          runtime.interpreter = counting;
          hooked(model, note, run);
          runtime.interpreter = interpreter;
          for (let i = 0; time && i < RUNS; i++) {
            const watch = new Watch();
            const clock = (m: Module): RemovableHandle[] => [
              m.registerForwardPreHook(() => watch.begin()),
              m.registerForwardHook(() => watch.end(m)),
            ];
            hooked(model, clock, run);
            for (const [m, ms] of watch.of) best.set(m, Math.min(ms, best.get(m) ?? Infinity));
          }
        }),
      'summary',
    );
  } finally {
    runtime.interpreter = interpreter;
    for (const [m, training] of modes) m.training = training;
  }
  const shapes = list.map(v => (v instanceof Tensor ? v.shape : v));
  return new ModelStatistics(model, shapes, rows());
}

/**
 * A table of a model's modules in the order of its fields: path, kind, output shape, parameters and multiply-adds of its
 * own, and time if asked for. Otherwise as {@link statistics}, which has the numbers.
 */
export const summary: (
  model: Module,
  inputs: SummaryInput | readonly SummaryInput[],
  options?: SummaryOptions,
) => string = checked(
  'summary',
  [
    ['model', aModule()],
    ['inputs', inputKind],
    ['options', optionsOf<SummaryOptions>({ time: aBoolean })],
  ],
  (model, inputs, options) => String(measure(model, inputs, options)),
);
