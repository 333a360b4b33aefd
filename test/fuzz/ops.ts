/** Instructions that make tensors, compute with them, read and free them. */
import {
  abs,
  concat,
  contiguous,
  crossEntropy,
  dropout,
  embedding,
  exp,
  full,
  gelu,
  huberLoss,
  l1Loss,
  linear,
  log1p,
  mseLoss,
  neg,
  oneHot,
  pad,
  randn,
  relu,
  sigmoid,
  sign,
  softplus,
  square,
  stack,
  tanh,
  tensor,
  type Tensor,
  where,
} from 'phyllo';
import { UserError, type Handlers, type Machine, type Slot } from './machine';

const SHAPES: readonly (readonly number[])[] = [
  [4],
  [3, 4],
  [4, 4],
  [],
  [2, 3, 4],
  [1, 4],
  [3, 1],
  [4, 3],
  [1],
  [0, 4],
];
const UNARY = {
  relu,
  tanh,
  sigmoid,
  neg,
  square,
  abs,
  exp,
  gelu,
  softplus,
  log1p,
  sign,
  contiguous,
};
const BINARY = ['add', 'mul', 'sub', 'div', 'maximum', 'minimum'] as const;
const NUMBERS = [2, 0.5, -1, 0, 3] as const;
const REDUCE = ['sum', 'mean', 'amax', 'amin', 'logsumexp', 'prod'] as const;
const ALONG = ['softmax', 'logSoftmax', 'cumsum'] as const;
const LOSSES = { mseLoss, l1Loss, huberLoss };

export const at = <T>(list: readonly T[], n: number): T => list[n % list.length]!;
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** Numbers in (−1, 1). */
export const values = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(seed + 1.7 * i));

export const isFloat = (t: Tensor): boolean => t.dtype === 'f32';
const isMatrix = (t: Tensor): boolean => isFloat(t) && t.ndim === 2;
const isSmall = (t: Tensor): boolean => t.size <= 128;
const fits = (x: Tensor, y: Tensor): boolean => {
  for (let i = 1; i <= Math.min(x.ndim, y.ndim); i++) {
    const [a, b] = [x.shape.at(-i)!, y.shape.at(-i)!];
    if (a !== b && a !== 1 && b !== 1) return false;
  }
  return isFloat(y) && isSmall(y);
};
/** One that goes with x, or now and then any. */
const partner = (m: Machine, n: number, x: Slot, fit: (y: Tensor) => boolean): Slot =>
  (n % 31 === 30 ? m.pick(n >> 1) : m.pick(n, fit)) ?? x;

/** What plans may hold too. */
export const ARITHMETIC: Handlers = {
  full(m, { a, b }) {
    const shape = at(SHAPES, a);
    m.do(`full([${shape.join()}], ${at(NUMBERS, b)})`, [], () => full(shape, at(NUMBERS, b)));
  },
  randn(m, { a }) {
    const shape = at(SHAPES, a);
    m.do(`randn([${shape.join()}], { generator })`, [], () => randn(shape, { generator: m.generator }));
  },
  unary(m, { a, b }) {
    const x = m.pick(b, isFloat);
    const [name, f] = at(Object.entries(UNARY), a);
    if (x) m.do(`${name}(${x.name})`, [x.t], () => f(x.t));
  },
  number(m, { a, b, c }) {
    const x = m.pick(b);
    if (x) m.do(`${x.name}.${at(BINARY, a)}(${at(NUMBERS, c)})`, [x.t], () => x.t[at(BINARY, a)](at(NUMBERS, c)));
  },
  binary(m, { a, b, c }) {
    const x = m.pick(b, t => isFloat(t) && isSmall(t));
    if (!x) return;
    const y = partner(m, c, x, t => fits(x.t, t));
    m.do(`${x.name}.${at(BINARY, a)}(${y.name})`, [x.t, y.t], () => x.t[at(BINARY, a)](y.t));
  },
  matmul(m, { a, b, c }) {
    const x = m.pick(b, isMatrix);
    if (!x) return;
    const y = partner(m, c, x, t => isMatrix(t) && t.shape[a % 2] === x.t.shape[1]);
    if (a % 2 === 0) m.do(`${x.name}.matmul(${y.name})`, [x.t, y.t], () => x.t.matmul(y.t));
    else m.do(`${x.name}.linear(${y.name})`, [x.t, y.t], () => linear(x.t, y.t));
  },
  view(m, { a, b, c }) {
    const x = m.pick(b);
    if (!x) return;
    const { name, t } = x;
    const dim = t.ndim === 0 ? 0 : c % t.ndim;
    switch (a % 9) {
      case 0:
        return void m.do(`${name}.reshape([-1])`, [t], () => t.reshape([-1]));
      case 1:
        return void m.do(`${name}.t()`, [t], () => t.t());
      case 2:
        return void m.do(`${name}.slice(${dim}, 1)`, [t], () => t.slice(dim, 1));
      case 3:
        return void m.do(`${name}.select(${dim}, ${c % 4})`, [t], () => t.select(dim, c % 4));
      case 4:
        return void m.do(`${name}.unsqueeze(${dim})`, [t], () => t.unsqueeze(dim));
      case 5:
        return void (
          isSmall(t) && m.do(`${name}.expand([3, ${t.shape.join()}])`, [t], () => t.expand([3, ...t.shape]))
        );
      case 6:
        return void m.do(`${name}.detach()`, [t], () => t.detach());
      case 7:
        return void m.do(`${name}.transpose(0, ${dim})`, [t], () => t.transpose(0, dim));
      default:
        return void m.do(`${name}.split(2, ${dim})`, [t], () => t.split(2, dim));
    }
  },
  reduce(m, { a, b, c }) {
    const x = m.pick(b, isFloat);
    if (!x) return;
    const { name, t } = x;
    const [f, keepdim] = [at(REDUCE, a), c % 3 === 0];
    if (c % 4 === 0 || t.ndim === 0)
      m.do(`${name}.${f}()`, [t], () => (f === 'logsumexp' ? t.logsumexp(t.shape.map((_, i) => i)) : t[f]()));
    else m.do(`${name}.${f}(${c % t.ndim}, { keepdim: ${keepdim} })`, [t], () => t[f](c % t.ndim, { keepdim }));
  },
  along(m, { a, b, c }) {
    const x = m.pick(b, t => isFloat(t) && t.ndim > 0);
    if (!x) return;
    const dim = c % x.t.ndim;
    m.do(`${x.name}.${at(ALONG, a)}(${dim})`, [x.t], () => x.t[at(ALONG, a)](dim));
  },
  extremum(m, { a, b, c }) {
    const x = m.pick(b, t => isFloat(t) && t.ndim > 0);
    if (!x) return;
    const [f, dim] = [at(['max', 'min', 'sort', 'argmax'] as const, a), c % x.t.ndim];
    const { t } = x;
    const calls = {
      max: () => t.max(dim),
      min: () => t.min(dim),
      sort: () => t.sort(dim),
      argmax: () => t.argmax(dim),
    };
    m.do(`${x.name}.${f}(${dim})`, [t], (): unknown => calls[f]());
  },
  join(m, { a, b, c }) {
    const x = m.pick(b, t => isFloat(t) && isSmall(t));
    if (!x) return;
    const y = partner(m, c, x, t => isFloat(t) && t.shape.join() === x.t.shape.join());
    if (a % 2 === 0) m.do(`concat([${x.name}, ${y.name}])`, [x.t, y.t], () => concat([x.t, y.t]));
    else m.do(`stack([${x.name}, ${y.name}, ${x.name}], -1)`, [x.t, y.t], () => stack([x.t, y.t, x.t], -1));
  },
  index(m, { a, b, c }) {
    const x = m.pick(b, t => isFloat(t) && t.ndim > 0);
    const i = m.pick(c, t => t.dtype === 'i32' && t.ndim === 1);
    if (!x || !i) return;
    const dim = a % x.t.ndim;
    if (a % 4 === 3) m.do(`${i.name}.oneHot(4)`, [i.t], () => oneHot(i.t, 4));
    else if (a % 4 === 2 && x.t.ndim === 2)
      m.do(`${i.name}.embedding(${x.name})`, [i.t, x.t], () => embedding(i.t, x.t));
    else m.do(`${x.name}.indexSelect(${dim}, ${i.name})`, [x.t, i.t], () => x.t.indexSelect(dim, i.t));
  },
  pad(m, { b, c }) {
    const x = m.pick(b, t => isFloat(t) && isSmall(t) && t.ndim > 0);
    if (x) m.do(`pad(${x.name}, [${c % 2}, 1])`, [x.t], () => pad(x.t, [c % 2, 1]));
  },
  where(m, { b, c }) {
    const x = m.pick(b, t => isFloat(t) && isSmall(t));
    if (!x) return;
    const y = partner(m, c, x, t => fits(x.t, t));
    m.do(`where(${x.name}.gt(0), ${x.name}, ${y.name})`, [x.t, y.t], () => where(x.t.gt(0), x.t, y.t));
  },
  dropout(m, { b, c }) {
    const x = m.pick(b, isFloat);
    const training = c % 3 > 0;
    if (x)
      m.do(`${x.name}.dropout(0.5, { generator, training: ${training} })`, [x.t], () =>
        dropout(x.t, 0.5, { generator: m.generator, training }),
      );
  },
  loss(m, { a, b, c }) {
    const x = m.pick(b, isFloat);
    if (!x) return;
    const labels = m.pick(c, t => t.dtype === 'i32' && t.ndim === 1 && t.size === x.t.shape[0]);
    if (a % 2 === 0 && labels && x.t.ndim === 2) {
      m.do(`crossEntropy(${x.name}, ${labels.name})`, [x.t, labels.t], () => crossEntropy(x.t, labels.t));
      return;
    }
    const y = partner(m, c, x, t => isFloat(t) && t.shape.join() === x.t.shape.join());
    const [name, f] = at(Object.entries(LOSSES), a);
    m.do(`${name}(${x.name}, ${y.name})`, [x.t, y.t], () => f(x.t, y.t));
  },
};

/** What stands outside plans: numbers that come in and out, and lives that end. */
export const MEMORY: Handlers = {
  tensor(m, { a, b, c }) {
    const [shape, requiresGrad] = [at(SHAPES, a), c % 2 === 0];
    m.do(`tensor(values(${size(shape)}, ${b}), { shape: [${shape.join()}], requiresGrad: ${requiresGrad} })`, [], () =>
      tensor(values(size(shape), b), { shape, requiresGrad }),
    );
  },
  indices(m, { a, b }) {
    const n = 2 + (a % 3); // of 0 to 3, seldom one more
    const numbers = Int32Array.from({ length: n }, (_, i) => (b + 7 * i) % (b % 8 === 7 ? 5 : 3));
    m.do(`tensor(Int32Array.of(${numbers.join()}))`, [], () => tensor(numbers));
  },
  kept(m, { a, b, c }) {
    const [shape, requiresGrad] = [at(SHAPES, a), c % 4 > 0];
    m.do(
      `keep(tensor(values(${size(shape)}, ${b}), { shape: [${shape.join()}], requiresGrad: ${requiresGrad} }))`,
      [],
      () => {
        const t = m.keep(tensor(values(size(shape), b), { shape, requiresGrad }));
        m.lives.made(t, false);
        m.lives.kept(t);
        return t;
      },
    );
  },
  keep(m, { b }) {
    const x = m.pick(b);
    if (!x) return;
    m.do(`keep(${x.name})`, [x.t], () => void m.keep(x.t));
    m.lives.kept(x.t);
  },
  dispose(m, { a, b }) {
    const x = m.pick(b);
    if (!x) return;
    m.do(`${x.name}.dispose()${a % 5 === 0 ? ' twice' : ''}`, [], () => {
      x.t.dispose();
      if (a % 5 === 0) x.t[Symbol.dispose]();
    });
    m.lives.freed(x.t);
  },
  /** Lets the collector have some. */
  forget(m, { a }) {
    m.pool.splice(0, a % 8);
  },
  read(m, { a, b }) {
    const x = m.pick(b);
    if (!x) return;
    if (a % 4 === 0) m.do(`${x.name}.item()`, [x.t], () => x.t.item());
    else m.do(`${x.name}.toArray()`, [x.t], () => x.t.toArray());
  },
  set(m, { b, c }) {
    const x = m.pick(b, isFloat);
    if (x) m.do(`${x.name}.set(values(${x.t.size}, ${c}))`, [x.t], () => void x.t.set(values(x.t.size, c)));
  },
  throw(m) {
    m.do('throw new UserError()', [], () => {
      throw new UserError();
    });
  },
};
