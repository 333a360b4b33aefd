/**
 * Kinds of change that a function may go by beside its tensors: what it finds in modules, variables, arguments and
 * around. Each is a small world with a function in it, and a change that makes another function of it.
 */
import { dropout, Generator, keep, nn, noGrad, optim, tensor, type Tensor } from 'phyllo';

export interface World {
  f(x: Tensor, ...more: readonly unknown[]): Tensor;
  /** What is trained. */
  readonly params: readonly Tensor[];
  /** Arguments beside x. */
  readonly more?: readonly unknown[];
  /** Default: SGD with momentum. */
  optimizer?(): { zeroGrad(): void; step(): void };
  change(): void;
}
export interface Kind {
  /** How a plan finds it: at the next call, since it is watched or makes an audit due, or by an audit at call 2, 4, 8, … */
  readonly seen: 'next call' | 'audit';
  /** The change is one of training alone. */
  readonly training?: true;
  make(): World;
}

const parameter = (...values: number[]): nn.Parameter => new nn.Parameter(tensor(values));
const buffer = (...values: number[]): nn.Buffer => new nn.Buffer(tensor(values));
const next = (make: () => World): Kind => ({ seen: 'next call', make });
const audit = (make: () => World): Kind => ({ seen: 'audit', make });
const ofTraining = ({ seen, make }: Kind): Kind => ({ seen, make, training: true });

/** A module of one parameter whose other fields say what is done with it. */
abstract class Base extends nn.Layer {
  readonly w: nn.Parameter = parameter(0.5, -1, 2);
}
function world<M extends nn.Layer>(m: M, change: (m: M) => void): World {
  return { f: x => m.forward(x), params: m.parameters(), change: () => change(m) };
}
/** A function of a variable, by a module that stays. */
function around(f: (y: Tensor) => Tensor, change: () => void): World {
  const m = new (class extends Base {
    forward(x: Tensor): Tensor {
      return x.mul(this.w);
    }
  })();
  return { f: x => f(m.forward(x)), params: [m.w], change };
}

class Scale extends Base {
  by = 2;
  forward(x: Tensor): Tensor {
    return x.mul(this.w).mul(this.by);
  }
}
class Pair extends nn.Layer {
  constructor(public a: nn.Layer, public b: nn.Layer) {
    super();
  }
  forward(x: Tensor): Tensor {
    return this.b.forward(this.a.forward(x));
  }
}
/** Its forward is a field: no method of it is called. */
class Arrow extends nn.Module {
  w: nn.Parameter = parameter(0.5, -1, 2);
  by = 2;
  forward = (x: Tensor): Tensor => x.mul(this.w).mul(this.by);
}
class Config {
  constructor(public scale: number, public inner: { deep: number[] } = { deep: [1] }) {}
}
class Noisy extends Base {
  readonly dropout: nn.Dropout = new nn.Dropout(0.5, { generator: new Generator(3) });
  forward(x: Tensor): Tensor {
    return this.dropout.forward(x.mul(this.w));
  }
}

const FLAG = 'PHYLLO_TEST_FLAG';
const COUNTER = 'phylloTestCounter';

export const KINDS: Readonly<Record<string, Kind>> = {
  // ── Of modules ──
  'a number in a field': next(() => world(new Scale(), m => (m.by = 3))),
  'a layer replaced': next(() => world(new Pair(new Scale(), new Scale()), m => (m.b = new nn.Tanh()))),
  'two layers exchanged': next(() => world(new Pair(new Scale(), new nn.Tanh()), m => ([m.a, m.b] = [m.b, m.a]))),
  'a parameter replaced': next(() => world(new (class extends nn.Layer {
    w = parameter(1, 2, 3);
    forward = (x: Tensor): Tensor => x.mul(this.w);
  })(), m => (m.w = parameter(3, 2, 1)))),
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
  'a buffer replaced': next(() => world(new (class extends Base {
    shift = buffer(1, 1, 1);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).add(this.shift);
    }
  })(), m => (m.shift = buffer(2, 2, 2)))),
  'eval of a submodule': next(() => world(new Noisy(), m => m.dropout.eval())),
  'the mode as a field': next(() => world(new Noisy(), m => (m.dropout.training = false))),
  'the mode, asked by the function alone': next(() => {
    const m = new Scale();
    return { f: x => (m.training ? m.forward(x) : m.forward(x).tanh()), params: [m.w], change: () => m.eval() };
  }),
  'a probability': next(() => {
    const generator = new Generator(3);
    return world(new (class extends Base {
      p = 0.5;
      forward(x: Tensor): Tensor {
        return dropout(x.mul(this.w), this.p, { generator });
      }
    })(), m => (m.p = 0.25));
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
  'a function in a field': next(() => world(new (class extends Base {
    act: (x: Tensor) => Tensor = x => x.tanh();
    forward(x: Tensor): Tensor {
      return this.act(x.mul(this.w));
    }
  })(), m => (m.act = x => x.exp()))),
  'a hook put in a list': next(() => world(new (class extends Base {
    readonly hooks: ((x: Tensor) => Tensor)[] = [];
    forward(x: Tensor): Tensor {
      return this.hooks.reduce((y, hook) => hook(y), x.mul(this.w));
    }
  })(), m => m.hooks.push(x => x.neg()))),
  'an object of a class': next(() => world(new (class extends Base {
    readonly config = new Config(2);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.config.scale);
    }
  })(), m => (m.config.scale = 3))),
  'an array in an object in an object': next(() => world(new (class extends Base {
    readonly config = new Config(2);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.config.inner.deep[0]!);
    }
  })(), m => (m.config.inner.deep[0] = 3))),
  'an element of an array': next(() => world(new (class extends Base {
    readonly scales = [1, 2];
    forward(x: Tensor): Tensor {
      return this.scales.reduce((y, s) => y.mul(s), x.mul(this.w));
    }
  })(), m => (m.scales[1] = 3))),
  'one more element': next(() => world(new (class extends Base {
    readonly scales = [1, 2];
    forward(x: Tensor): Tensor {
      return this.scales.reduce((y, s) => y.mul(s), x.mul(this.w));
    }
  })(), m => m.scales.push(3))),
  'an entry of a Map': next(() => world(new (class extends Base {
    readonly scales = new Map([['a', 2]]);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.scales.get('a')!);
    }
  })(), m => m.scales.set('a', 3))),
  'a layer in a Map': next(() => world(new (class extends Base {
    readonly layers = new Map<string, nn.Layer>([['a', new nn.Tanh()]]);
    forward(x: Tensor): Tensor {
      return this.layers.get('a')!.forward(x.mul(this.w));
    }
  })(), m => m.layers.set('a', new nn.ReLU()))),
  'a member of a Set': next(() => world(new (class extends Base {
    readonly flags = new Set(['a']);
    forward(x: Tensor): Tensor {
      return this.flags.has('a') ? x.mul(this.w) : x.add(this.w);
    }
  })(), m => m.flags.delete('a').toString() && m.flags.add('b'))),
  'an element of a typed array': next(() => world(new (class extends Base {
    readonly scales = Float64Array.of(2, 3);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.scales[0]!);
    }
  })(), m => (m.scales[0] = 3))),
  'a new key': next(() => world(new (class extends Base {
    readonly options: Record<string, number> = {};
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.options['scale'] ?? 1);
    }
  })(), m => (m.options['scale'] = 3))),
  'a key deleted': next(() => world(new (class extends Base {
    readonly options: Record<string, number> = { scale: 2 };
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.options['scale'] ?? 1);
    }
  })(), m => delete m.options['scale'])),
  'a field named by a symbol': next(() => {
    const key = Symbol('scale');
    return world(new (class extends Base {
      [key] = 2;
      forward(x: Tensor): Tensor {
        return x.mul(this.w).mul(this[key]);
      }
    })(), m => (m[key] = 3));
  }),
  'a #private field': audit(() => world(new (class extends Base {
    #by = 2;
    set(by: number): void {
      this.#by = by;
    }
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.#by);
    }
  })(), m => m.set(3))),
  'a Date in a field': audit(() => world(new (class extends Base {
    readonly day = new Date(2000, 0, 2);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.day.getDate());
    }
  })(), m => m.day.setDate(3))),
  'an element of a long array': audit(() => world(new (class extends Base {
    readonly scales = new Array<number>(5000).fill(2);
    forward(x: Tensor): Tensor {
      return x.mul(this.w).mul(this.scales[4000]!);
    }
  })(), m => (m.scales[4000] = 3))),
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
    return world(new Patched(), () => (Patched.prototype.forward = function (x) { return x.add(this.w); }));
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
    return around(y => m.forward(y), () => (m.by = 3));
  }),

  // ── Of variables and what is around ──
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
    return around(y => y.add(shift), () => (shift = keep(tensor([3, 2, 1]))));
  }),
  'a number closed over': audit(() => {
    let beta = 0;
    return around(y => y.mul(beta).add(y), () => (beta = 0.5));
  }),
  'a number to −0': audit(() => {
    let zero = 0;
    return around(y => y.add(tensor([1, 1, 1]).div(y.detach().abs().mul(zero)).tanh()), () => (zero = -0));
  }),
  'an element of an array closed over': audit(() => {
    const scales = [2];
    return around(y => y.mul(scales[0]!), () => (scales[0] = 3));
  }),
  'an array that a tensor is made of': audit(() => {
    const mask = [1, 0, 1];
    return around(y => y.mul(tensor(mask)), () => (mask[1] = 1));
  }),
  'a long array that a tensor is made of': audit(() => {
    const mask = new Float32Array(3000).fill(1);
    return around(y => y.mul(tensor(mask).sum()), () => (mask[2000] = 2));
  }),
  'an entry of a Map closed over': audit(() => {
    const scales = new Map([['a', 2]]);
    return around(y => y.mul(scales.get('a')!), () => scales.set('a', 3));
  }),
  'a number in a closure in a closure': audit(() => {
    let by = 2;
    const outer = (): ((y: Tensor) => Tensor) => y => y.mul(by);
    return around(y => outer()(y), () => (by = 3));
  }),
  'a function in a variable': audit(() => {
    let loss = (y: Tensor): Tensor => y.square();
    return around(y => loss(y), () => (loss = y => y.abs()));
  }),
  'which of two ops comes first': audit(() => {
    let first = true;
    return around(y => (first ? y.tanh().exp() : y.exp().tanh()), () => (first = false));
  }),
  'which of two values is read': audit(() => {
    let first = true;
    return around(y => {
      const [a, b] = [y.tanh(), y.exp()];
      return a.add(b).mul(first ? a : b);
    }, () => (first = false));
  }),
  'how often a loop runs': audit(() => {
    let times = 2;
    return around(y => {
      let z = y;
      for (let i = 0; i < times; i++) z = z.mul(1.5);
      return z;
    }, () => (times = 3));
  }),
  'an option of an op': audit(() => {
    let dim = 0;
    return around(y => y.reshape([3, 1]).mul(tensor([[1, 2, 3]])).sum(dim), () => (dim = 1));
  }),
  'which part of a tensor is read': audit(() => {
    let at = 0;
    return around(y => y.mul(y.select(0, at)), () => (at = 1));
  }),
  'Math.random below a ratio': audit(() => {
    let ratio = 0;
    return around(y => (Math.random() < ratio ? y.tanh() : y), () => (ratio = 1));
  }),
  'a variable of the environment': audit(() => {
    delete process.env[FLAG];
    return around(y => (process.env[FLAG] ? y.tanh() : y), () => (process.env[FLAG] = '1'));
  }),
  'a global counter': audit(() => {
    Reflect.set(globalThis, COUNTER, 2);
    return around(y => y.mul(Number(Reflect.get(globalThis, COUNTER))), () => Reflect.set(globalThis, COUNTER, 3));
  }),
  'a generator in a variable': audit(() => {
    let generator = new Generator(1);
    const other = new Generator(2);
    return around(y => dropout(y, 0.5, { generator }), () => (generator = other));
  }),

  // ── Of arguments ──
  'an object of a class as an argument': next(() => {
    const config = new Config(2);
    return { ...around(y => y, () => (config.scale = 3)), f: (x, c) => (c instanceof Config ? x.mul(c.scale) : x), more: [config] };
  }),
  'a Map as an argument': next(() => {
    const map = new Map([['a', 2]]);
    return { ...around(y => y, () => map.set('a', 3)), f: (x, m) => (m instanceof Map ? x.mul(Number(m.get('a'))) : x), more: [map] };
  }),
  'a typed array as an argument': next(() => {
    const array = Float32Array.of(1, 2, 3);
    return { ...around(y => y, () => (array[0] = 3)), f: (x, a) => (a instanceof Float32Array ? x.mul(tensor(a)) : x), more: [array] };
  }),
  'a long typed array as an argument': audit(() => {
    const array = new Float32Array(3000);
    return { ...around(y => y, () => (array[2000] = 3)), f: (x, a) => (a instanceof Float32Array ? x.mul(tensor(a).sum()) : x), more: [array] };
  }),
  'an array as an argument': next(() => {
    const array = [1, 2, 3];
    return { ...around(y => y, () => (array[0] = 3)), f: (x, a) => (Array.isArray(a) ? x.mul(Number(a[0])) : x), more: [array] };
  }),

  // ── Of training ──
  'a frozen parameter': ofTraining(next(() => world(new Pair(new Scale(), new Scale()), m => m.a.requiresGrad(false)))),
  'whether gradients lead through': ofTraining(audit(() => {
    let through = true;
    const w = parameter(1, 2, 3);
    return { f: x => x.mul(through ? w : w.detach()).add(w), params: [w], change: () => (through = false) };
  })),
  'an optimiser in a variable': ofTraining(next(() => {
    const m = new Scale();
    let optimizer: optim.SGD | optim.Adam = new optim.SGD(m.parameters(), { lr: 0.1 });
    return { ...world(m, () => (optimizer = new optim.Adam(m.parameters(), { lr: 0.1 }))), optimizer: () => optimizer };
  })),
  'an option of an optimiser in a variable': ofTraining(next(() => {
    const m = new Scale();
    let optimizer = new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
    return { ...world(m, () => (optimizer = new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true }))), optimizer: () => optimizer };
  })),
  'a learning rate': ofTraining(next(() => {
    const m = new Scale();
    const optimizer = new optim.SGD(m.parameters(), { lr: 0.1 });
    return { ...world(m, () => (optimizer.lr = 0.01)), optimizer: () => optimizer };
  })),
  'a schedule of learning rates': ofTraining(next(() => {
    const m = new Scale();
    const optimizer = new optim.SGD(m.parameters(), { lr: 0.1 });
    const scheduler = new optim.ExponentialLR(optimizer, 0.5);
    return { ...world(m, () => scheduler.step()), optimizer: () => optimizer };
  })),
  'a momentum': ofTraining(next(() => {
    const m = new Scale();
    const optimizer = new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9 });
    return { ...world(m, () => optimizer.groups[0]!.set('momentum', 0.5)), optimizer: () => optimizer };
  })),
  'a field of an own optimiser': ofTraining(next(() => {
    const m = new Scale();
    class Own extends optim.SGD {
      sign = 1;
      protected override update(p: Tensor, g: Tensor, group: optim.ParamGroup<optim.SGDOptions>): void {
        super.update(p, g.mul(this.sign), group);
      }
    }
    const optimizer = new Own(m.parameters(), { lr: 0.1 });
    return { ...world(m, () => (optimizer.sign = -1)), optimizer: () => optimizer };
  })),
};
