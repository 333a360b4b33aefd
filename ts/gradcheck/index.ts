/**
 * phyllo/gradcheck: gradients against central differences, both in float64 on the reference backend, which is in no other
 * entry: bundles that do not check gradients do not have it.
 */
import { GradientError, gradients, keep, onBackend, scope, tensor, type Backend, type Tensor } from 'phyllo';
import {
  aFunction,
  aNumber,
  aTensor,
  checkArguments,
  checkCount,
  listOf,
  options as optionsOf,
  type Kind,
} from 'phyllo/kinds';
import { reference } from '../backend/reference/backend';

export interface GradcheckOptions {
  /** The step of the differences. Default 1e-6. */
  readonly eps?: number;
  /** A derivative may differ by atol + rtol · |difference quotient|. Defaults 1e-5 and 1e-3, as PyTorch's. */
  readonly atol?: number;
  readonly rtol?: number;
}
/** A function of tensors, which returns one or several. */
export type Differentiable = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

const aDifferentiable: Kind<Differentiable> = aFunction();
const inputsKind: Kind<readonly Tensor[]> = listOf(aTensor, 'a list of tensors');
const optionsKind: Kind<GradcheckOptions | undefined> = optionsOf<GradcheckOptions>({
  eps: aNumber(Number.MIN_VALUE),
  atol: aNumber(0),
  rtol: aNumber(0),
});

/** float64 in plain loops; made when it is needed first. */
let backend: Backend | null = null;

/** `[1, 2]` of the element with an index. */
function place(index: number, shape: readonly number[]): string {
  let rest = index;
  const places: number[] = [];
  for (const n of [...shape].reverse()) {
    places.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return `[${places.join(', ')}]`;
}
const listed = (result: Tensor | readonly Tensor[]): readonly Tensor[] => ('shape' in result ? [result] : result);

function checkCall(where: string, fn: Differentiable, inputs: readonly Tensor[], options?: GradcheckOptions): void {
  checkArguments(
    where,
    [
      ['fn', aDifferentiable],
      ['inputs', inputsKind],
      ['options', optionsKind],
    ],
    [fn, inputs, options],
  );
  if (!inputs.some(x => x.requiresGrad)) throw new GradientError(where, 'none of the inputs requires a gradient');
}

/**
 * Compares the gradients of `fn` by those of `inputs` that require one with central differences, (f(x + eps) − f(x − eps))
 * / 2 eps, of each element of each output by each element of each input. Everything is computed in float64, by plain
 * loops; tensors that `fn` finds around it are taken there, and stay as they are. An input may be a parameter that `fn`
 * finds around it: `gradcheck(() => layer.forward(x), [layer.weight])`. Random numbers are the same in each evaluation, if
 * they come from generators outside `fn`.
 *
 * @returns true.
 * @throws {GradientError} naming output, input, elements and both numbers, where they differ by more than atol + rtol ·
 *   |quotient|; if no input, or nothing of what `fn` returns, requires a gradient.
 */
export function gradcheck(fn: Differentiable, inputs: readonly Tensor[], options: GradcheckOptions = {}): true {
  checkCount('gradcheck', 3, arguments);
  checkCall('gradcheck', fn, inputs, options);
  return compare('gradcheck', fn, inputs, options);
}

function compare(where: string, fn: Differentiable, inputs: readonly Tensor[], options: GradcheckOptions): true {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  const on = (backend ??= reference());
  const given = inputs.map(x => x.toArray());
  return scope(() =>
    onBackend(on, () => {
      const leaves = inputs.map((x, i) =>
        tensor(given[i]!, { shape: x.shape, dtype: x.dtype, requiresGrad: x.requiresGrad }),
      );
      const instead = new Map(inputs.map((x, i) => [x, leaves[i]!]));
      const call = (): readonly Tensor[] => onBackend(on, () => listed(fn(...leaves)), instead);
      const wanted = leaves.flatMap((x, i) => (x.requiresGrad ? [i] : []));
      const found = scope(() =>
        analytic(
          where,
          call(),
          wanted.map(i => leaves[i]!),
        ),
      );
      const values = (): ArrayLike<number>[] => scope(() => call().map(y => y.toArray()));
      let [wrong, count, worst, text] = [0, 0, -1, ''];
      for (const [k, i] of wanted.entries()) {
        const x = Float64Array.from(given[i]!);
        for (let e = 0; e < x.length; e++) {
          const at = (v: number): ArrayLike<number>[] => {
            leaves[i]!.set(Float64Array.from(x, (old, j) => (j === e ? v : old)));
            return values();
          };
          const [above, below] = [at(x[e]! + eps), at(x[e]! - eps)];
          for (const [j, { shape, rows }] of found.entries()) {
            for (let o = 0; o < rows.length; o++) {
              const quotient = (above[j]![o]! - below[j]![o]!) / (2 * eps);
              const gradient = rows[o]![k]![e]!;
              const off = Math.abs(gradient - quotient) - (atol + rtol * Math.abs(quotient));
              count++;
              if (off <= 0) continue;
              wrong++;
              if (worst >= 0 && !(off > worst)) continue;
              worst = Number.isNaN(off) ? Infinity : off;
              text = `output ${j} at ${place(o, shape)} by input ${i} at ${place(e, inputs[i]!.shape)}: backward finds ${gradient}, central differences ${quotient}`;
            }
          }
        }
        leaves[i]!.set(x);
      }
      if (wrong > 0) throw new GradientError(where, `${text} (${wrong} of ${count} derivatives differ, this one most)`);
      return true;
    }),
  );
}

/** Of each output that has a gradient: by element of it, by input, the derivatives by the input's elements. */
function analytic(
  where: string,
  outputs: readonly Tensor[],
  leaves: readonly Tensor[],
): { readonly shape: readonly number[]; readonly rows: ArrayLike<number>[][] }[] {
  if (!outputs.some(y => y.requiresGrad)) {
    throw new GradientError(where, 'nothing of what fn returns requires a gradient');
  }
  return outputs.map(y => {
    const rows = Array.from({ length: y.requiresGrad ? y.size : 0 }, (_, o) =>
      scope(() => {
        const one = new Float64Array(y.size);
        one[o] = 1;
        const gradient = tensor(one, { shape: y.shape, dtype: 'f32' });
        return gradients(y, leaves, { gradient, retainGraph: true }).map(g => g.toArray());
      }),
    );
    return { shape: y.shape, rows };
  });
}

/**
 * As `gradcheck`, of the gradients of `fn`, which are found with cotangents that are drawn once: whether gradients of
 * gradients are right.
 */
export function gradgradcheck(fn: Differentiable, inputs: readonly Tensor[], options: GradcheckOptions = {}): true {
  checkCount('gradgradcheck', 3, arguments);
  checkCall('gradgradcheck', fn, inputs, options);
  return scope(() => {
    const shapes = scope(() => listed(fn(...inputs)).map(y => y.shape));
    // Numbers without a pattern: the golden ratio's multiples.
    const cotangents = shapes.map((shape, j) => {
      const n = shape.reduce((a, b) => a * b, 1);
      const v = Float32Array.from({ length: n }, (_, i) => 0.5 + (((i + 1) * (j + 1) * 0.618034) % 1));
      return keep(tensor(v, { shape, requiresGrad: true }));
    });
    const gradient: Differentiable = (...all) => {
      const [xs, vs] = [all.slice(0, inputs.length), all.slice(inputs.length)];
      const parts = listed(fn(...xs)).flatMap((y, j) => (y.requiresGrad ? [y.mul(vs[j]!).sum()] : []));
      const [first, ...rest] = parts;
      if (!first) throw new GradientError('gradgradcheck', 'nothing of what fn returns requires a gradient');
      const total = rest.reduce((sum, part) => sum.add(part), first);
      return gradients(
        total,
        xs.filter(x => x.requiresGrad),
        { createGraph: true },
      );
    };
    try {
      return compare('gradgradcheck', gradient, [...inputs, ...cotangents], options);
    } finally {
      for (const v of cotangents) v.dispose();
    }
  });
}
