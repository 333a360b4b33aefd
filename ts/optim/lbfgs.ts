/** L-BFGS: a quasi-Newton method for the whole loss. */
import { ValueError } from '../core/errors';
import { aFunction, check, checkCount } from '../core/kinds';
import { drop } from '../core/lifetime';
import { noGrad } from '../core/runtime';
import { keep, keepState, scope } from '../core/scope';
import { live, type Tensor } from '../core/tensor';
import { mul, sub } from '../ops/arithmetic';
import { tensor, zeros } from '../ops/creation';
import { abs, neg } from '../ops/elementwise';
import { add_, copy_, mul_ } from '../ops/inplace';
import { concat } from '../ops/join';
import { dot } from '../ops/matmul';
import { amax, sum } from '../ops/reduce';
import { clone } from '../ops/shapes';
import { reshape, slice } from '../ops/view';
import { strongWolfe, type Point } from './line-search';
import { Optimizer, type GroupOptions, type Params } from './optimizer';
import type { Defaults, OptimizerOptions } from './options';

export interface LBFGSOptions {
  /** The step length, or with a line search the first one tried. Default 1. */
  readonly lr?: number;
  /** Iterations of a step at most. Default 20. */
  readonly maxIter?: number;
  /** After how many evaluations of the closure a step ends. Default null: 5/4 of maxIter. */
  readonly maxEval?: number | null;
  /** A step ends where no element of the gradient is larger. Default 1e-7. */
  readonly toleranceGrad?: number;
  /** A step ends where no weight, or the loss, changes by more. Default 1e-9. */
  readonly toleranceChange?: number;
  /** How many iterations back the curvature is learned from: two vectors as long as all parameters for each. Default 100. */
  readonly historySize?: number;
  /** How a step's length is found: by Wolfe's conditions, or null: it is lr. Default null. */
  readonly lineSearchFn?: 'strong_wolfe' | null;
}

/** How the gradient changed by y as the weights did by s, and yᵀs. */
interface Pair {
  readonly y: Tensor;
  readonly s: Tensor;
  curvature: number;
}

/** The loss and its gradient somewhere. */
interface Evaluation {
  readonly loss: number;
  readonly gradient: Tensor;
}

const largest = (x: Tensor): number => (x.size === 0 ? 0 : amax(abs(x), 0).item());

/**
 * Descent along the gradient times an inverse Hessian, which is guessed from how gradients changed lately (Liu & Nocedal 1989),
 * as PyTorch has it. For small problems and losses of the whole data; of batches gradients change for other reasons.
 *
 *     const lbfgs = new LBFGS(model.parameters(), { lineSearchFn: 'strong_wolfe' });
 *     const closure = capture(() => { // or a plain function
 *       lbfgs.zeroGrad();
 *       const loss = mseLoss(model.forward(x), t);
 *       loss.backward();
 *       return loss;
 *     });
 *     for (let i = 0; i < 10; i++) lbfgs.step(closure);
 *
 * Where it goes depends on the numbers that it meets, so `step` cannot be captured itself, which is a CaptureError; the closure
 * can. There is one group of parameters. It keeps 2 · historySize + 2 vectors as long as all of them.
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  /** The last direction, and the gradient before it. */
  private readonly direction: Tensor;
  private readonly gradient: Tensor;
  /** The last step length, the loss before it, the scale of the first guess at H, how many iterations and evaluations; f64. */
  private readonly progress: Tensor;
  /** The oldest first. */
  private history: readonly Pair[] = [];

  /**
   * @throws {ValueError} for more than one group, beside what any optimiser throws.
   */
  constructor(params: Params<LBFGSOptions>, options?: LBFGSOptions & OptimizerOptions) {
    checkCount('LBFGS', 2, arguments);
    super(params, options);
    if (this.paramGroups.length > 1) {
      throw new ValueError('LBFGS', `takes one group of parameters, these are ${this.paramGroups.length}`);
    }
    this.progress = keepState(tensor([0, 0, 1, 0, 0], { dtype: 'f64' }));
    this.direction = keepState(zeros([this.#length]));
    this.gradient = keepState(zeros([this.#length]));
  }
  protected defaults(): Defaults<LBFGSOptions> {
    return {
      lr: 1,
      maxIter: { default: 20, low: 1, whole: true },
      maxEval: { default: null, low: 1, whole: true },
      toleranceGrad: { default: 1e-7, low: 0 },
      toleranceChange: { default: 1e-9, low: 0 },
      historySize: { default: 100, low: 1, whole: true },
      lineSearchFn: { default: null, oneOf: ['strong_wolfe', null] },
    };
  }
  /** @throws {ValueError} always: there is one group. */
  override addParamGroup(_group: GroupOptions<LBFGSOptions>): void {
    throw new ValueError('LBFGS.addParamGroup', 'LBFGS takes one group of parameters');
  }
  get #params(): readonly Tensor[] {
    return this.paramGroups[0]!.params;
  }
  get #length(): number {
    return this.#params.reduce((n, p) => n + p.size, 0);
  }

  /**
   * Goes down until a tolerance is met, `maxIter` iterations are done, or `maxEval` evaluations.
   *
   * @param closure clears the gradients, runs `backward` and returns the loss, of one element; called at least once. May be captured.
   * @returns the loss before.
   * @throws {ValueError} without a closure.
   */
  override step(closure: () => Tensor): Tensor {
    checkCount('LBFGS.step', 1, arguments);
    check('LBFGS.step', 'closure', aFunction(), closure);
    this.checkLive();
    for (const p of this.#params) live(p, 'LBFGS.step');
    const loss = this.evaluate(closure);
    scope(() => noGrad(() => this.#minimise(closure, this.#signed(loss.item()))), 'LBFGS.step');
    return loss;
  }
  #signed(loss: number): number {
    return this.paramGroups[0]!.options.maximize ? -loss : loss;
  }

  /** All parameters step together, in `minimise`. */
  protected update(): void {}
  #minimise(closure: () => Tensor, first: number): void {
    const { maxIter, maxEval, toleranceGrad, toleranceChange, lineSearchFn } = this.paramGroups[0]!.options;
    const most = maxEval ?? Math.floor((maxIter * 5) / 4);
    const { direction: d } = this;
    let [t = 0, before = 0, scale = 1, iterations = 0, evaluations = 0] = this.progress.toArray();
    let now: Evaluation = { loss: first, gradient: this.#flatGradient() };
    let calls = 1;
    const evaluate = (): Evaluation => {
      calls++;
      return { loss: this.#signed(this.evaluate(closure).item()), gradient: this.#flatGradient() };
    };
    /** One iteration, and whether another may follow. */
    const iterate = (last: boolean): boolean => {
      const { loss, gradient: g } = now;
      if (iterations++ === 0) copy_(d, neg(g));
      else {
        scale = this.#learn(sub(g, this.gradient), mul(d, t)) ?? scale;
        copy_(d, this.#descent(g, scale));
      }
      copy_(this.gradient, g);
      before = loss;
      t = iterations === 1 ? Math.min(1, 1 / sum(abs(g)).item()) * this.lr : this.lr;
      const slope = dot(g, d).item();
      if (slope > -toleranceChange) return false;
      if (lineSearchFn === null) {
        this.#move(t);
        if (last) return false; // the next step evaluates where it led
        now = evaluate();
      } else {
        const point = this.#search(evaluate, { t: 0, slope, loss, gradient: g }, t);
        ({ t } = point);
        now = point;
        this.#move(t);
      }
      const still = largest(mul(d, t)) <= toleranceChange || Math.abs(now.loss - before) < toleranceChange;
      return calls < most && !still;
    };
    for (let i = 1; i <= maxIter && largest(now.gradient) > toleranceGrad; i++) {
      const { gradient: old } = now;
      // What an iteration made goes, but the gradient where it led.
      const [goesOn] = scope(() => [iterate(i === maxIter), now.gradient] as const, 'an iteration of LBFGS');
      if (now.gradient !== old) drop(old);
      if (!goesOn) break;
    }
    evaluations += calls;
    this.progress.set([t, before, scale, iterations, evaluations]);
  }

  /** The gradients of all parameters one after another; 0 where there is none. */
  #flatGradient(): Tensor {
    const all = concat(this.#params.map(p => (p.grad ? reshape(p.grad, [-1]) : zeros([p.size]))));
    return this.paramGroups[0]!.options.maximize ? neg(all) : all;
  }
  /** w ← w + t · direction. */
  #move(t: number): void {
    let at = 0;
    for (const p of this.#params) {
      add_(p, reshape(slice(this.direction, 0, at, (at += p.size)), p.shape), { alpha: t });
    }
  }
  /** The point along the direction where Wolfe's conditions hold. The weights are where they were. */
  #search(evaluate: () => Evaluation, start: Point<Tensor>, first: number): Point<Tensor> {
    const { toleranceChange } = this.paramGroups[0]!.options;
    const from = this.#params.map(p => clone(p));
    const at = (t: number): Point<Tensor> => {
      this.#move(t);
      try {
        const { loss, gradient } = evaluate();
        return { t, loss, gradient, slope: dot(gradient, this.direction).item() };
      } finally {
        this.#params.forEach((p, i) => copy_(p, from[i]!));
      }
    };
    const size = largest(this.direction);
    return strongWolfe(at, start, first, length => length * size < toleranceChange);
  }

  /** Remembers how the gradient changed by y as the weights did by s, where the loss curves up, and gives yᵀs / yᵀy. */
  #learn(y: Tensor, s: Tensor): number | null {
    const curvature = dot(y, s).item();
    if (!(curvature > 1e-10)) return null;
    const full = this.history.length === this.paramGroups[0]!.options.historySize;
    const [oldest, ...rest] = this.history;
    const pair = full && oldest ? oldest : this.#pair();
    copy_(pair.y, y);
    copy_(pair.s, s);
    pair.curvature = curvature;
    this.history = [...(full ? rest : this.history), pair];
    return curvature / dot(y, y).item();
  }
  /** −H g, by the two loops of Nocedal (1980); H begins as scale · I. */
  #descent(g: Tensor, scale: number): Tensor {
    const q = neg(g);
    const shares = this.history.map(() => 0);
    for (let i = this.history.length - 1; i >= 0; i--) {
      const { y, s, curvature } = this.history[i]!;
      shares[i] = dot(s, q).item() / curvature;
      add_(q, y, { alpha: -shares[i]! });
    }
    mul_(q, scale);
    this.history.forEach(({ y, s, curvature }, i) => add_(q, s, { alpha: shares[i]! - dot(y, q).item() / curvature }));
    return q;
  }
  #pair(): Pair {
    return { y: keep(zeros([this.#length])), s: keep(zeros([this.#length])), curvature: 0 };
  }

  protected override buffers(): [name: string, tensor: Tensor][] {
    return [
      ['direction', this.direction],
      ['gradient', this.gradient],
      ['progress', this.progress],
      ...this.history.flatMap(({ y, s }, i): [string, Tensor][] => [
        [`y.${i}`, y],
        [`s.${i}`, s],
      ]),
    ];
  }
  /**
   * As of any optimiser. How long the history is, the state says.
   *
   * @throws {ValueError} for a history longer than `historySize`, beside what any optimiser throws.
   */
  override loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    checkCount('LBFGS.loadStateDict', 1, arguments);
    const { history } = this;
    const { historySize } = this.paramGroups[0]!.options;
    const length = Object.keys(Object(state)).filter(name => /^y\.\d+$/.test(name)).length;
    if (length > historySize) {
      throw new ValueError('LBFGS.loadStateDict', `takes a history of ${historySize} at most, this is ${length} long`);
    }
    this.history = Array.from({ length }, (_, i) => history[i] ?? this.#pair());
    const forget = (pairs: readonly Pair[]): void => pairs.forEach(({ y, s }) => [y, s].forEach(t => drop(t)));
    try {
      super.loadStateDict(state);
    } catch (e) {
      forget(this.history.slice(history.length));
      this.history = history;
      throw e;
    }
    forget(history.slice(length));
    noGrad(() => this.history.forEach(pair => (pair.curvature = dot(pair.y, pair.s).item())));
  }
}
