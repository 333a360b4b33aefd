/** What comes out of layers, and what gradients come back to them: dead and saturated units, histograms. */
import { nn, noGrad, scope, Tensor } from 'phyllo';
import {
  aFunction,
  checkArguments,
  checkCount,
  instanceOf,
  options as optionsOf,
  wholeNumber,
  type Kind,
} from 'phyllo/kinds';
import { report, type Report } from './report';

/** A forward pass, or a step with its backward pass. */
export type Run = () => unknown;
const aRun: Kind<Run> = aFunction();
export const aModel: Kind<nn.Module> = instanceOf(nn.Module, 'a module');
const nothing: Kind<object | undefined> = optionsOf<object>({});

interface Observers {
  output(path: string, m: nn.Module, y: Tensor): void;
  gradient?(path: string, m: nn.Module, g: Tensor): void;
}
/** Runs `run` with what the modules without others inside return, and the gradients by it, shown to observers. */
function observe(model: nn.Module, run: Run, { output, gradient }: Observers): void {
  const inner = [...model.namedModules()].filter(([, m]) => m.children().length === 0 && !Object.hasOwn(m, 'forward'));
  const handles = inner.map(([path, m]) =>
    m.registerForwardHook((_: nn.Module, __: unknown, y: unknown) => {
      if (!(y instanceof Tensor)) return;
      noGrad(() => scope(() => output(path, m, y)));
      if (gradient && y.requiresGrad) y.registerHook(g => noGrad(() => scope(() => gradient(path, m, g))));
    }),
  );
  try {
    scope(() => void run());
  } finally {
    for (const h of handles) h.remove();
  }
}
function checkCall(where: string, model: nn.Module, run: Run, options: object | undefined, kind = nothing): void {
  checkArguments(
    where,
    [
      ['model', aModel],
      ['run', aRun],
      ['options', kind],
    ],
    [model, run, options],
  );
}

export interface DeadUnits {
  readonly path: string;
  readonly kind: string;
  /** Features of vectors, channels of images. */
  readonly units: number;
  /** Those that were 0 for all samples and places. */
  readonly dead: number;
  readonly share: number;
}
/**
 * Of each ReLU the units that are 0 for the whole batch, so that nothing is learnt through them: `deadUnits(model, () =>
 * model.forward(x))`. A unit is what has an index in dimension 1, a feature or a channel.
 */
export function deadUnits(model: nn.Module, run: Run): Report<DeadUnits> {
  checkCount('deadUnits', 2, arguments);
  checkCall('deadUnits', model, run, undefined);
  const alive = new Map<string, { kind: string; units: boolean[] }>();
  observe(model, run, {
    output(path, m, y) {
      if (!(m instanceof nn.ReLU || m instanceof nn.ReLU6)) return;
      const dims = y.shape.map((_, d) => d).filter(d => d !== (y.ndim > 1 ? 1 : 0));
      const most = Array.from((dims.length > 0 ? y.amax(dims) : y).toArray(), v => v > 0);
      const units = alive.get(path)?.units ?? most.map(() => false);
      alive.set(path, { kind: m.constructor.name, units: most.map((v, i) => v || units[i] === true) });
    },
  });
  const layers = [...alive].map(([path, { kind, units }]) => {
    const dead = units.filter(v => !v).length;
    return { path, kind, units: units.length, dead, share: units.length > 0 ? dead / units.length : 0 };
  });
  return report(layers, ['layer', 'kind', 'units', 'dead', 'share'], l => [l.path, l.kind, l.units, l.dead, l.share]);
}

export interface Saturation {
  readonly path: string;
  readonly kind: string;
  readonly size: number;
  /** Of the outputs, those in the outer hundredth of the range at either end, where the slope is below a 25th of its most. */
  readonly share: number;
}
/** Of each Sigmoid and Tanh the share of outputs that are saturated. Otherwise as {@link deadUnits}. */
export function saturation(model: nn.Module, run: Run): Report<Saturation> {
  checkCount('saturation', 2, arguments);
  checkCall('saturation', model, run, undefined);
  const found = new Map<string, { kind: string; size: number; count: number }>();
  observe(model, run, {
    output(path, m, y) {
      const tanh = m instanceof nn.Tanh;
      if (!tanh && !(m instanceof nn.Sigmoid)) return;
      const far = (tanh ? y : y.sub(0.5).mul(2)).abs().gt(0.98);
      const { size = 0, count = 0 } = found.get(path) ?? {};
      found.set(path, { kind: m.constructor.name, size: size + y.size, count: count + far.to('i32').sum().item() });
    },
  });
  const layers = [...found].map(([path, { kind, size, count }]) => ({
    path,
    kind,
    size,
    share: size > 0 ? count / size : 0,
  }));
  return report(layers, ['layer', 'kind', 'outputs', 'saturated'], l => [l.path, l.kind, l.size, l.share]);
}

/** Numbers in bins of equal width from the least to the greatest. */
export interface Histogram {
  readonly counts: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly std: number;
  /** NaN and infinities, which are in no bin. */
  readonly strange: number;
}
export interface LayerHistograms {
  readonly path: string;
  readonly kind: string;
  /** Of the outputs of the last call. */
  readonly output: Histogram;
  /** Of the gradients by these; null where none came back. */
  readonly gradient: Histogram | null;
}
export interface HistogramOptions {
  /** Default 20. */
  readonly bins?: number;
}
const histogramOptions: Kind<HistogramOptions | undefined> = optionsOf<HistogramOptions>({ bins: wholeNumber(1) });

/**
 * Histograms of what each layer returns and, if `run` goes backward, of the gradients by it. Printed, each is a line of
 * bars.
 */
export function histograms(model: nn.Module, run: Run, options: HistogramOptions = {}): Report<LayerHistograms> {
  checkCount('histograms', 3, arguments);
  checkCall('histograms', model, run, options, histogramOptions);
  const { bins = 20 } = options;
  const found = new Map<string, LayerHistograms>();
  observe(model, run, {
    output(path, m, y) {
      found.set(path, { path, kind: m.constructor.name, output: histogramOf(y, bins), gradient: null });
    },
    gradient(path, _, g) {
      const layer = found.get(path);
      if (layer) found.set(path, { ...layer, gradient: histogramOf(g, bins) });
    },
  });
  const heading = ['layer', 'kind', 'mean', 'std', 'output', 'gradient std', 'gradient'];
  return report([...found.values()], heading, ({ path, kind, output, gradient }) => [
    path,
    kind,
    output.mean.toPrecision(3),
    output.std.toPrecision(3),
    bars(output),
    gradient ? gradient.std.toPrecision(3) : '–',
    gradient ? bars(gradient) : '',
  ]);
}
function histogramOf(t: Tensor, bins: number): Histogram {
  const all = Array.from(t.toArray());
  const finite = all.filter(v => Number.isFinite(v));
  const n = Math.max(1, finite.length);
  const mean = finite.reduce((s, v) => s + v, 0) / n;
  const std = Math.sqrt(finite.reduce((s, v) => s + (v - mean) ** 2, 0) / n);
  const low = finite.reduce((a, v) => Math.min(a, v), Infinity);
  const high = finite.reduce((a, v) => Math.max(a, v), -Infinity);
  const counts = new Array<number>(bins).fill(0);
  for (const v of finite) counts[Math.min(bins - 1, high > low ? Math.floor((bins * (v - low)) / (high - low)) : 0)]!++;
  return { counts, low, high, mean, std, strange: all.length - finite.length };
}
const BARS = ' ▁▂▃▄▅▆▇█';
function bars({ counts }: Histogram): string {
  const most = Math.max(1, ...counts);
  return counts.map(c => BARS[Math.ceil((8 * c) / most)]).join('');
}
