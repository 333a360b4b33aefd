/** Instructions with functions that run more or less often than they are called: captured, or under a checkpoint. */
import { capture, checkpoint, PhylloError, tensor, type Captured, type Tensor } from 'phyllo';
import { mapLeaves } from '../../ts/core/tree';
import { Tensor as AnyTensor } from '../../ts/core/tensor';
import type { Plan } from '../../ts/graph/plan';
import { UserError, type Handlers, type Machine, type Slot } from './machine';
import { at, isFloat, values } from './ops';

type F = (...xs: Tensor[]) => unknown;
export interface Func {
  readonly name: string;
  readonly call: F;
  /** null: runs as it is, to be compared with. */
  readonly captured: Captured<Tensor[], unknown> | null;
  readonly arity: number;
  readonly plans: Plan[];
}

/** Plans beside the function, whose doings leave no trace where functions run as they are: a line that is not compared. */
function aside(m: Machine, text: string, f: () => unknown): void {
  let outcome: unknown;
  try {
    outcome = f();
  } catch (e) {
    if (!(e instanceof PhylloError || e instanceof UserError)) throw e;
    outcome = e.constructor.name;
  }
  m.tell(`# ${text} → ${String(outcome)}`);
}

/** The same as plans hand it out: new handles, to which no gradient leads. */
const detached = (result: unknown): unknown => mapLeaves(result, v => (v instanceof AnyTensor ? v.detach() : v));

const argument = (t: Tensor): boolean => isFloat(t) && !t.requiresGrad;
function args(m: Machine, { arity }: Func, n: number): Slot[] {
  const x = m.pick(n, t => argument(t) && t.ndim === 2) ?? m.pick(n, argument);
  const y = x && (m.pick(n >> 3, t => argument(t) && t.shape.join() === x.t.shape.join()) ?? x);
  return !x || !y ? [] : arity === 1 ? [x] : [x, y];
}
const known = (m: Machine, n: number): Func | undefined =>
  m.functions[m.functions.length - 1 - (n % m.functions.length)];

function call(m: Machine, f: Func, xs: readonly Slot[]): void {
  if (xs.length > 0)
    m.do(
      `${f.name}(${xs.map(x => x.name).join()})`,
      xs.map(x => x.t),
      () => f.call(...xs.map(x => x.t)),
      { hidden: true },
    );
}

/** What needs a body of instructions. */
export const FUNCTIONS: Handlers = {
  capture(m, { a, b, c, body }) {
    // What it finds around it is fixed here, and so is what it does for arguments of the same shapes.
    const around = m.pool
      .filter(({ t }) => !t.disposed && (!t.requiresGrad || t.grad !== undefined))
      .slice(-1 - (b % 3));
    const inner = m.snapshot();
    const arity = 1 + (a % 2);
    const f: F = (...xs) => {
      const made = inner
        .run([...around, ...xs.map((x, i) => ({ name: `x${i}`, t: x }))], body, m)
        .slice(around.length)
        .filter(s => isFloat(s.t))
        .map(s => s.t);
      const last = made.at(-1)!;
      const optimizer = inner.optimizers.at(-1)?.optimizer;
      if (c % 2 === 0) {
        if (c % 4 === 0) optimizer?.zeroGrad();
        const loss = last.square().mean();
        loss.backward();
        if (c % 8 < 4) optimizer?.step();
        return [loss, { last }][(c >> 3) % 2];
      }
      return [last, [made[0], last], { a: xs[0], b: last }, undefined][(c >> 1) % 4];
    };
    const captured = m.inline ? null : capture(f, { maxPlans: 3 });
    const run: F = captured ?? ((...xs) => detached(f(...xs.map(x => x.detach())))); // arguments must be alive
    const func: Func = { name: m.name('f'), call: run, captured, arity, plans: [] };
    m.tell(`const ${func.name} = capture(…)`);
    m.functions.push(func);
    for (let i = 0; i < 2; i++) m.attempt(() => call(m, func, args(m, func, b)));
  },
  checkpoint(m, { b, c, body }) {
    const x = m.pick(b, isFloat);
    if (!x) return;
    const inner = m.snapshot();
    const f = checkpoint((t: Tensor): Tensor => {
      const made = inner.run([{ name: 'x', t }], body, m).filter(s => isFloat(s.t));
      return made[made.length - 1 - (c % Math.min(made.length, 2))]!.t;
    });
    m.recomputes = true;
    m.do(`checkpoint(x => …)(${x.name})`, [], () => f(x.t), { hidden: true });
  },
};

export const CALLS: Handlers = {
  call(m, { a, b }) {
    const f = known(m, a);
    if (f) call(m, f, args(m, f, b));
  },
  /** More shapes than there are plans for. */
  many(m, { a, b }) {
    const f = known(m, a);
    if (!f) return;
    for (let n = 1; n <= 5; n++) {
      const xs = Array.from({ length: f.arity }, (_, i) => ({
        name: `[${n}, 4]`,
        t: tensor(values(4 * n, b + i), { shape: [n, 4] }),
      }));
      m.attempt(() => call(m, f, xs));
    }
  },
  plan(m, { a, b }) {
    const f = known(m, a);
    const xs = f ? args(m, f, b) : [];
    if (f && xs.length > 0)
      aside(m, `${f.name}.plan(${xs.map(x => x.name).join()})`, () => {
        if (f.captured) f.plans.push(f.captured.plan(...xs.map(x => x.t)));
      });
  },
  encode(m, { a, b }) {
    const plans = known(m, a)?.plans ?? [];
    if (plans.length > 0)
      aside(
        m,
        'plan.encode()',
        () =>
          `${at(plans, b)
            .encode()
            .reduce((h, x) => (Math.imul(h, 31) + x) | 0, 0)}`,
      );
  },
  explain(m, { a, b }) {
    const plans = known(m, a)?.plans ?? [];
    if (plans.length > 0) aside(m, 'plan.explain()', () => at(plans, b).explain().length);
  },
  disposePlan(m, { a, b }) {
    const plans = known(m, a)?.plans ?? [];
    if (plans.length > 0) aside(m, 'plan.dispose()', () => at(plans, b).dispose());
  },
  disposeFunction(m, { a }) {
    const f = known(m, a);
    if (!f) return;
    m.tell(`${f.name}.dispose()`);
    f.captured?.dispose();
  },
};
