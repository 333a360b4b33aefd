/** Instructions with others inside: scopes and loops. */
import { DataLoader, keep, noGrad, scope, tensor, TensorDataset, type Tensor } from 'phyllo';
import { UserError, type Handlers, type Machine, type Slot } from './machine';
import { values } from './ops';

/** Some of what was made since `from`, and now and then what was there before. */
function some(m: Machine, from: number, n: number): Slot[] {
  const made = m.pool.slice(from);
  const chosen = made.filter((_, i) => (n >> (i % 8)) % 2 === 1).slice(-3);
  return n % 7 === 0 ? [...chosen, ...m.pool.slice(0, 1)] : chosen;
}

/** A block that is a scope: whatever way it is left, what it made and does not return has ended. */
function inScope<T>(m: Machine, run: (end: () => void) => T, returned: () => readonly Tensor[]): T {
  const block = m.lives.enter();
  let done = false;
  const end = (tensors: readonly Tensor[] = []): void => {
    if (!done) m.lives.leave(block, tensors);
    done = true;
  };
  try {
    const result = run(() => end());
    end(returned());
    return result;
  } finally {
    end();
  }
}

export const BLOCKS: Handlers = {
  scope(m, { a, b, c, body }) {
    const from = m.pool.length;
    let chosen: Slot[] = [];
    m.tell(`scope(() => {`);
    inScope(
      m,
      () =>
        scope(() => {
          m.inside(body, c % 4 === 0);
          if (c % 8 === 1) throw new UserError();
          chosen = some(m, from, a);
          m.tell(`return ${b % 2 === 0 ? '{ a: ' : ''}[${chosen.map(s => s.name).join()}]`);
          const tensors = chosen.map(s => s.t);
          return b % 2 === 0 ? { a: tensors, n: 1 } : tensors;
        }),
      () => chosen.map(s => s.t),
    );
    m.tell('})');
  },
  noGrad(m, { c, body }) {
    m.tell('noGrad(() => {');
    noGrad(() => m.inside(body, c % 4 === 0));
    m.tell('})');
  },
  /** An epoch of five samples in batches of two, left early or not. */
  loop(m, { a, b, c, body }) {
    const x = keep(tensor(values(20, a), { shape: [5, 4] }));
    const t = keep(tensor(Int32Array.of(0, 1, 2, 1, 0)));
    const loader = new DataLoader(new TensorDataset(x, t), {
      batchSize: 2,
      shuffle: b % 2 === 0,
      generator: m.generator,
    });
    m.owned.push(x, t);
    m.tell('for (const [x, t] of loader) {');
    let i = 0;
    try {
      const batches = loader[Symbol.iterator]();
      let block = m.lives.enter();
      try {
        for (const batch of batches) {
          m.do('[x, t]', [], () => [...batch]);
          m.inside(body, c % 4 === 0);
          if (i === 1 && c % 8 === 1) throw new UserError();
          if (i++ === a % 4) {
            m.tell('break');
            break;
          }
          m.lives.leave(block);
          block = m.lives.enter();
        }
      } finally {
        m.lives.leave(block);
      }
    } finally {
      m.tell('}');
    }
  },
};
