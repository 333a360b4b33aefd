/** Instructions with gradients, modules and optimisers. */
import { copy_, grad, gradients, nn, noGrad, optim, valueAndGrad, type Tensor } from 'phyllo';
import { UserError, type Handlers, type Machine, type Slot } from './machine';
import { at, isFloat, values } from './ops';

/**
 * A layer whose forward pass makes things and then fails, for an even number of rows: a count of its calls would be
 * another with plans than without.
 */
class Fails extends nn.Layer {
  constructor(private readonly inner: nn.Linear) {
    super();
  }
  forward(x: Tensor): Tensor {
    const y = this.inner.forward(x).tanh();
    if (x.shape[0]! % 2 === 0) throw new UserError();
    return y;
  }
}

type Make = (m: Machine) => nn.Layer;
const MODULES: readonly (readonly [text: string, make: Make])[] = [
  ['new nn.Linear(4, 3)', ({ generator }) => new nn.Linear(4, 3, { generator })],
  [
    'new nn.Sequential(new nn.Linear(4, 4), new nn.Tanh(), new nn.Linear(4, 4))',
    ({ generator }) =>
      new nn.Sequential(new nn.Linear(4, 4, { generator }), new nn.Tanh(), new nn.Linear(4, 4, { generator })),
  ],
  ['new nn.BatchNorm1d(4)', () => new nn.BatchNorm1d(4)],
  [
    'new nn.Sequential(new nn.Linear(4, 4), new nn.Dropout(0.5), new nn.LayerNorm([4]))',
    ({ generator }) =>
      new nn.Sequential(new nn.Linear(4, 4, { generator }), new nn.Dropout(0.5, { generator }), new nn.LayerNorm([4])),
  ],
  ['new Fails(new nn.Linear(4, 4))', ({ generator }) => new Fails(new nn.Linear(4, 4, { generator }))],
];

const needs = (t: Tensor): boolean => isFloat(t) && t.requiresGrad;
/** A leaf that the program made, or a parameter. */
function leaf(m: Machine, n: number): Slot | null {
  const parameters = m.modules.flatMap(({ name, module }) =>
    [...module.namedParameters()].map(([path, t]) => ({ name: `${name}.${path}`, t })),
  );
  const all = [
    ...m.pool.filter(({ t }) => needs(t) && t.grad !== undefined && !t.disposed),
    ...parameters.filter(({ t }) => !t.disposed),
  ];
  return all[all.length - 1 - (n % all.length)] ?? null;
}

/** What plans may hold too: forward and backward passes, and steps. */
export const STEPS: Handlers = {
  forward(m, { a, b }) {
    const known = m.modules[a % Math.max(m.modules.length, 1)];
    const x = known && m.pick(b, t => isFloat(t) && t.ndim === 2 && t.shape[1] === 4);
    if (x) m.do(`${known.name}.forward(${x.name})`, [x.t], () => known.module.forward(x.t), { hidden: true });
  },
  backward(m, { a, b }) {
    const y = m.pickMade(b, needs);
    if (!y) return;
    const retainGraph = a % 4 === 0;
    if (a % 3 === 0)
      m.do(`${y.name}.backward({ retainGraph: ${retainGraph} })`, [y.t], () => y.t.backward({ retainGraph }), {
        hidden: m.recomputes,
      });
    else
      m.do(
        `${y.name}.square().mean().backward({ retainGraph: ${retainGraph} })`,
        [y.t],
        () => y.t.square().mean().backward({ retainGraph }),
        { hidden: m.recomputes },
      );
  },
  zeroGrad(m, { a }) {
    const known = m.optimizers[a % Math.max(m.optimizers.length, 1)];
    if (known) m.do(`${known.name}.zeroGrad()`, [], () => known.optimizer.zeroGrad(), { hidden: true });
  },
  step(m, { a }) {
    const known = m.optimizers[a % Math.max(m.optimizers.length, 1)];
    if (known) m.do(`${known.name}.step()`, [], () => known.optimizer.step(), { hidden: true });
  },
  copy_(m, { b, c }) {
    const x = m.pick(b, isFloat);
    const y = x && m.pick(c, t => isFloat(t) && t.shape.join() === x.t.shape.join());
    if (y) m.do(`noGrad(() => copy_(${x.name}, ${y.name}))`, [x.t, y.t], () => void noGrad(() => copy_(x.t, y.t)));
  },
  valueAndGrad(m, { a, b }) {
    const x = m.pick(b, isFloat);
    if (!x) return;
    if (a % 2 === 0)
      m.do(`valueAndGrad(x => x.tanh().square().sum())(${x.name})`, [x.t], () =>
        valueAndGrad((x: Tensor) => x.tanh().square().sum())(x.t),
      );
    else
      m.do(`grad(x => grad(x => x.sigmoid().sum())(x).square().sum())(${x.name})`, [x.t], () =>
        grad((x: Tensor) =>
          grad((x: Tensor) => x.sigmoid().sum())(x)
            .square()
            .sum(),
        )(x.t),
      );
  },
};

export const TRAINING: Handlers = {
  module(m, { a }) {
    const [text, make] = at(MODULES, a);
    const name = m.name('m');
    m.do(`const ${name} = ${text}`, [], () => void m.modules.push({ name, module: make(m) }));
  },
  mode(m, { a, b }) {
    const known = m.modules[a % Math.max(m.modules.length, 1)];
    if (known) m.do(`${known.name}.train(${b % 2 === 0})`, [], () => void known.module.train(b % 2 === 0));
  },
  optimizer(m, { a, b, c }) {
    const known = m.modules[b % Math.max(m.modules.length, 1)];
    const leaves = m.pool.filter(({ t }) => needs(t) && !t.disposed && t.dense).slice(-2);
    const of =
      known && c % 2 === 0
        ? { text: `${known.name}.parameters()`, params: known.module.parameters() }
        : { text: `[${leaves.map(l => l.name).join()}]`, params: [...new Set(leaves.map(l => l.t))] };
    const name = m.name('o');
    const momentum = at([0, 0.9], a);
    m.do(
      `const ${name} = new optim.${a % 3 === 0 ? 'Adam' : 'SGD'}(${of.text})`,
      [],
      () => {
        const optimizer =
          a % 3 === 0 ? new optim.Adam(of.params, { lr: 0.1 }) : new optim.SGD(of.params, { lr: 0.1, momentum });
        m.optimizers.push({ name, optimizer });
      },
      { hidden: true },
    );
  },
  lr(m, { a, b }) {
    const known = m.optimizers[a % Math.max(m.optimizers.length, 1)];
    if (known)
      m.do(`${known.name}.lr = ${at([0.5, 0.01], b)}`, [], () => void (known.optimizer.lr = at([0.5, 0.01], b)), {
        hidden: true,
      });
  },
  gradients(m, { b, c }) {
    const [y, x] = [m.pick(b, t => needs(t) && t.size === 1), m.pick(c, needs)];
    const createGraph = b % 2 === 0;
    if (x && y)
      m.do(
        `gradients(${y.name}, [${x.name}], { createGraph: ${createGraph} })`,
        [y.t, x.t],
        () => gradients(y.t, [x.t], { createGraph }),
        { hidden: m.recomputes },
      );
  },
  requiresGrad(m, { a, b }) {
    const x = m.pick(b, isFloat);
    if (x) m.do(`${x.name}.requiresGrad = ${a % 2 === 0}`, [x.t], () => void (x.t.requiresGrad = a % 2 === 0));
  },
  /** What may be done with a gradient. Handles of its memory keep it as it is. */
  grad(m, { a, b, c }) {
    const x = leaf(m, b);
    const g = x?.t.grad;
    if (!x || !g) return;
    const text = `${x.name}.grad`;
    switch (a % 7) {
      case 0:
        return m.do(`${text}.dispose()`, [], () => g.dispose());
      case 1:
        return void m.do(`${text} = null`, [], () => void (x.t.grad = null));
      case 2:
        return void m.do(`${text}.toArray()`, [g], () => g.toArray(), { hidden: true });
      case 3:
        return void m.do(`${text}.mul(2)`, [g], () => g.mul(2), { hidden: true });
      case 4:
        return void m.do(`${text}.detach()`, [g], () => g.detach(), { hidden: true });
      case 5: {
        const other = m.pick(c, t => t.shape.join() === x.t.shape.join());
        return void (
          other && m.do(`${text} = ${other.name}.detach()`, [other.t], () => void (x.t.grad = other.t.detach()))
        );
      }
      default:
        return void m.do(`${text}.set(values(${g.size}, ${c}))`, [g], () => void g.set(values(g.size, c)), {
          hidden: true,
        });
    }
  },
  clip(m, { b }) {
    const x = leaf(m, b);
    if (x) m.do(`optim.clipGradNorm([${x.name}], 0.1)`, [], () => optim.clipGradNorm([x.t], 0.1), { hidden: true });
  },
  /** Frees what a module needs. */
  disposeParameter(m, { a, b }) {
    const known = m.modules[a % Math.max(m.modules.length, 1)];
    if (!known) return;
    const [path, t] = at(Object.entries(known.module.stateDict()), b) ?? [];
    if (t) m.do(`${known.name}.${path}.dispose()`, [], () => t.dispose());
  },
  load(m, { a, b }) {
    if (m.modules.length === 0) return;
    const [to, from] = [at(m.modules, a), at(m.modules, b)];
    m.do(
      `${to.name}.loadStateDict(${from.name}.stateDict())`,
      [],
      () => void to.module.loadStateDict(from.module.stateDict()),
      { hidden: true },
    );
  },
};
