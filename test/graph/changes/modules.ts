/** Changes of what modules hold. */
import { dropout, Generator, nn, noGrad, type Tensor } from 'phyllo';
import { around, audit, Base, buffer, next, Pair, parameter, Scale, world, type Kind } from './world';

/** Its forward is a field: no method of it is called. */
class Arrow extends nn.Module {
  w: nn.Parameter = parameter(0.5, -1, 2);
  by = 2;
  forward = (x: Tensor): Tensor => x.mul(this.w).mul(this.by);
}
class Noisy extends Base {
  readonly dropout: nn.Dropout = new nn.Dropout(0.5, { generator: new Generator(3) });
  forward(x: Tensor): Tensor {
    return this.dropout.forward(x.mul(this.w));
  }
}

export const OF_MODULES: Readonly<Record<string, Kind>> = {
  'a number in a field': next(() => world(new Scale(), m => (m.by = 3))),
  'a layer replaced': next(() => world(new Pair(new Scale(), new Scale()), m => (m.b = new nn.Tanh()))),
  'two layers exchanged': next(() => world(new Pair(new Scale(), new nn.Tanh()), m => ([m.a, m.b] = [m.b, m.a]))),
  'a parameter replaced': next(() =>
    world(
      new (class extends nn.Layer {
        w = parameter(1, 2, 3);
        forward = (x: Tensor): Tensor => x.mul(this.w);
      })(),
      m => (m.w = parameter(3, 2, 1)),
    ),
  ),
  'a parameter shared with another layer': next(() => {
    class Own extends nn.Layer {
      w = parameter(1, 2, 3);
      forward(x: Tensor): Tensor {
        return x.mul(this.w);
      }
    }
    const [a, b] = [new Own(), new Own()];
    noGrad(() => b.w.set([3, 2, 1]));
    return world(new Pair(a, b), () => (b.w = a.w));
  }),
  'a buffer replaced': next(() =>
    world(
      new (class extends Base {
        shift = buffer(1, 1, 1);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).add(this.shift);
        }
      })(),
      m => (m.shift = buffer(2, 2, 2)),
    ),
  ),
  'eval of a submodule': next(() => world(new Noisy(), m => m.dropout.eval())),
  'the mode as a field': next(() => world(new Noisy(), m => (m.dropout.training = false))),
  'the mode, asked by the function alone': next(() => {
    const m = new Scale();
    return { f: x => (m.training ? m.forward(x) : m.forward(x).tanh()), params: [m.w], change: () => m.eval() };
  }),
  'a probability': next(() => {
    const generator = new Generator(3);
    return world(
      new (class extends Base {
        p = 0.5;
        forward(x: Tensor): Tensor {
          return dropout(x.mul(this.w), this.p, { generator });
        }
      })(),
      m => (m.p = 0.25),
    );
  }),
  'a field, by a method that is not forward': next(() => {
    const m = new (class extends Scale {
      encode(x: Tensor): Tensor {
        return x.mul(this.by);
      }
    })();
    return { f: x => m.encode(x).mul(m.w), params: [m.w], change: () => (m.by = 3) };
  }),
  'a field, by a getter of a module': next(() => {
    const m = new (class extends Scale {
      get factor(): number {
        return this.by + 1;
      }
    })();
    return { f: x => x.mul(m.factor).mul(m.w), params: [m.w], change: () => (m.by = 3) };
  }),
  'a field, by a function that uses the parameters': next(() => {
    const m = new Scale();
    return { f: x => x.mul(m.w).mul(m.by), params: [m.w], change: () => (m.by = 3) };
  }),
  'a field, by a forward that is a field': next(() => {
    const m = new Arrow();
    return { f: x => m.forward(x), params: [m.w], change: () => (m.by = 3) };
  }),
  'a forward that is a field': next(() => {
    const m = new Arrow();
    return { f: x => m.forward(x), params: [m.w], change: () => (m.forward = x => x.add(m.w)) };
  }),
  'a field of the module around one whose parameter is used': next(() => {
    const outer = new (class extends nn.Module {
      inner = new Arrow();
      by = 2;
      forward = (x: Tensor): Tensor => this.inner.forward(x).mul(this.by);
    })();
    return { f: x => outer.forward(x), params: [outer.inner.w], change: () => (outer.by = 3) };
  }),
  'a #private field': audit(() =>
    world(
      new (class extends Base {
        #by = 2;
        set(by: number): void {
          this.#by = by;
        }
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.#by);
        }
      })(),
      m => m.set(3),
    ),
  ),
  'a Date in a field': audit(() =>
    world(
      new (class extends Base {
        readonly day = new Date(2000, 0, 2);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.day.getDate());
        }
      })(),
      m => m.day.setDate(3),
    ),
  ),
  'an element of a long array': audit(() =>
    world(
      new (class extends Base {
        readonly scales = new Array<number>(5000).fill(2);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.scales[4000]!);
        }
      })(),
      m => (m.scales[4000] = 3),
    ),
  ),
  'a static field': audit(() => {
    class Static extends Base {
      static by = 2;
      forward(x: Tensor): Tensor {
        return x.mul(this.w).mul(Static.by);
      }
    }
    return world(new Static(), () => (Static.by = 3));
  }),
  'a method of a class': audit(() => {
    class Patched extends Base {
      forward(x: Tensor): Tensor {
        return x.mul(this.w);
      }
    }
    return world(
      new Patched(),
      () =>
        (Patched.prototype.forward = function (x) {
          return x.add(this.w);
        }),
    );
  }),
  'another class': audit(() => {
    class Other extends Scale {
      override forward(x: Tensor): Tensor {
        return x.add(this.w);
      }
    }
    return world(new Scale(), m => Object.setPrototypeOf(m, Other.prototype));
  }),
  'a field of a module that has nothing but a forward in a field': audit(() => {
    const m = new (class extends nn.Module {
      by = 2;
      forward = (x: Tensor): Tensor => x.mul(this.by);
    })();
    return around(
      y => m.forward(y),
      () => (m.by = 3),
    );
  }),
};
