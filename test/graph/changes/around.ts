/** Changes of variables, of what is around, and of arguments. */
import { dropout, Generator, keep, nn, tensor, type Tensor } from 'phyllo';
import { around, audit, Config, next, Pair, Scale, type Kind } from './world';

const FLAG = 'PHYLLO_TEST_FLAG';
const COUNTER = 'phylloTestCounter';

export const OF_VARIABLES: Readonly<Record<string, Kind>> = {
  'a model in a variable, made anew': next(() => {
    let m: nn.Layer = new Scale();
    const w = m.parameters()[0]!;
    return { f: x => m.forward(x).add(w), params: [w], change: () => (m = new Pair(new nn.Tanh(), new Scale())) };
  }),
  'a model in a variable, another one from before': audit(() => {
    let m: nn.Layer = new Scale();
    const [w, other] = [m.parameters()[0]!, new nn.Tanh()];
    return { f: x => m.forward(x).add(w), params: [w], change: () => (m = other) };
  }),
  'a tensor in a variable': audit(() => {
    let shift = keep(tensor([1, 2, 3]));
    return around(
      y => y.add(shift),
      () => (shift = keep(tensor([3, 2, 1]))),
    );
  }),
  'a number closed over': audit(() => {
    let beta = 0;
    return around(
      y => y.mul(beta).add(y),
      () => (beta = 0.5),
    );
  }),
  'a number to −0': audit(() => {
    let zero = 0;
    return around(
      y => y.add(tensor([1, 1, 1]).div(y.detach().abs().mul(zero)).tanh()),
      () => (zero = -0),
    );
  }),
  'an element of an array closed over': audit(() => {
    const scales = [2];
    return around(
      y => y.mul(scales[0]!),
      () => (scales[0] = 3),
    );
  }),
  'an array that a tensor is made of': audit(() => {
    const mask = [1, 0, 1];
    return around(
      y => y.mul(tensor(mask)),
      () => (mask[1] = 1),
    );
  }),
  'a long array that a tensor is made of': audit(() => {
    const mask = new Float32Array(3000).fill(1);
    return around(
      y => y.mul(tensor(mask).sum()),
      () => (mask[2000] = 2),
    );
  }),
  'an entry of a Map closed over': audit(() => {
    const scales = new Map([['a', 2]]);
    return around(
      y => y.mul(scales.get('a')!),
      () => scales.set('a', 3),
    );
  }),
  'a number in a closure in a closure': audit(() => {
    let by = 2;
    const outer = (): ((y: Tensor) => Tensor) => y => y.mul(by);
    return around(
      y => outer()(y),
      () => (by = 3),
    );
  }),
  'a function in a variable': audit(() => {
    let loss = (y: Tensor): Tensor => y.square();
    return around(
      y => loss(y),
      () => (loss = y => y.abs()),
    );
  }),
  'which of two ops comes first': audit(() => {
    let first = true;
    return around(
      y => (first ? y.tanh().exp() : y.exp().tanh()),
      () => (first = false),
    );
  }),
  'which of two values is read': audit(() => {
    let first = true;
    return around(
      y => {
        const [a, b] = [y.tanh(), y.exp()];
        return a.add(b).mul(first ? a : b);
      },
      () => (first = false),
    );
  }),
  'how often a loop runs': audit(() => {
    let times = 2;
    return around(
      y => {
        let z = y;
        for (let i = 0; i < times; i++) z = z.mul(1.5);
        return z;
      },
      () => (times = 3),
    );
  }),
  'an option of an op': audit(() => {
    let dim = 0;
    return around(
      y =>
        y
          .reshape([3, 1])
          .mul(tensor([[1, 2, 3]]))
          .sum(dim),
      () => (dim = 1),
    );
  }),
  'which part of a tensor is read': audit(() => {
    let at = 0;
    return around(
      y => y.mul(y.select(0, at)),
      () => (at = 1),
    );
  }),
  'Math.random below a ratio': audit(() => {
    let ratio = 0;
    return around(
      y => (Math.random() < ratio ? y.tanh() : y),
      () => (ratio = 1),
    );
  }),
  'a variable of the environment': audit(() => {
    delete process.env[FLAG];
    return around(
      y => (process.env[FLAG] ? y.tanh() : y),
      () => (process.env[FLAG] = '1'),
    );
  }),
  'a global counter': audit(() => {
    Reflect.set(globalThis, COUNTER, 2);
    return around(
      y => y.mul(Number(Reflect.get(globalThis, COUNTER))),
      () => Reflect.set(globalThis, COUNTER, 3),
    );
  }),
  'a generator in a variable': audit(() => {
    let generator = new Generator(1);
    const other = new Generator(2);
    return around(
      y => dropout(y, 0.5, { generator }),
      () => (generator = other),
    );
  }),
};

export const OF_ARGUMENTS: Readonly<Record<string, Kind>> = {
  'an object of a class as an argument': next(() => {
    const config = new Config(2);
    return {
      ...around(
        y => y,
        () => (config.scale = 3),
      ),
      f: (x, c) => (c instanceof Config ? x.mul(c.scale) : x),
      more: [config],
    };
  }),
  'a Map as an argument': next(() => {
    const map = new Map([['a', 2]]);
    return {
      ...around(
        y => y,
        () => map.set('a', 3),
      ),
      f: (x, m) => (m instanceof Map ? x.mul(Number(m.get('a'))) : x),
      more: [map],
    };
  }),
  'a typed array as an argument': next(() => {
    const array = Float32Array.of(1, 2, 3);
    return {
      ...around(
        y => y,
        () => (array[0] = 3),
      ),
      f: (x, a) => (a instanceof Float32Array ? x.mul(tensor(a)) : x),
      more: [array],
    };
  }),
  'a long typed array as an argument': audit(() => {
    const array = new Float32Array(3000);
    return {
      ...around(
        y => y,
        () => (array[2000] = 3),
      ),
      f: (x, a) => (a instanceof Float32Array ? x.mul(tensor(a).sum()) : x),
      more: [array],
    };
  }),
  'an array as an argument': next(() => {
    const array = [1, 2, 3];
    return {
      ...around(
        y => y,
        () => (array[0] = 3),
      ),
      f: (x, a) => (Array.isArray(a) ? x.mul(Number(a[0])) : x),
      more: [array],
    };
  }),
};
