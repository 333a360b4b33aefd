/** Changes of what the fields of modules hold. */
import { nn, type Tensor } from 'phyllo';
import { Base, Config, next, world, type Kind } from './world';

export const OF_FIELDS: Readonly<Record<string, Kind>> = {
  'a function in a field': next(() =>
    world(
      new (class extends Base {
        act: (x: Tensor) => Tensor = x => x.tanh();
        forward(x: Tensor): Tensor {
          return this.act(x.mul(this.w));
        }
      })(),
      m => (m.act = x => x.exp()),
    ),
  ),
  'a hook put in a list': next(() =>
    world(
      new (class extends Base {
        readonly hooks: ((x: Tensor) => Tensor)[] = [];
        forward(x: Tensor): Tensor {
          return this.hooks.reduce((y, hook) => hook(y), x.mul(this.w));
        }
      })(),
      m => m.hooks.push(x => x.neg()),
    ),
  ),
  'an object of a class': next(() =>
    world(
      new (class extends Base {
        readonly config = new Config(2);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.config.scale);
        }
      })(),
      m => (m.config.scale = 3),
    ),
  ),
  'an array in an object in an object': next(() =>
    world(
      new (class extends Base {
        readonly config = new Config(2);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.config.inner.deep[0]!);
        }
      })(),
      m => (m.config.inner.deep[0] = 3),
    ),
  ),
  'an element of an array': next(() =>
    world(
      new (class extends Base {
        readonly scales = [1, 2];
        forward(x: Tensor): Tensor {
          return this.scales.reduce((y, s) => y.mul(s), x.mul(this.w));
        }
      })(),
      m => (m.scales[1] = 3),
    ),
  ),
  'one more element': next(() =>
    world(
      new (class extends Base {
        readonly scales = [1, 2];
        forward(x: Tensor): Tensor {
          return this.scales.reduce((y, s) => y.mul(s), x.mul(this.w));
        }
      })(),
      m => m.scales.push(3),
    ),
  ),
  'an entry of a Map': next(() =>
    world(
      new (class extends Base {
        readonly scales = new Map([['a', 2]]);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.scales.get('a')!);
        }
      })(),
      m => m.scales.set('a', 3),
    ),
  ),
  'a layer in a Map': next(() =>
    world(
      new (class extends Base {
        readonly layers = new Map<string, nn.Layer>([['a', new nn.Tanh()]]);
        forward(x: Tensor): Tensor {
          return this.layers.get('a')!.forward(x.mul(this.w));
        }
      })(),
      m => m.layers.set('a', new nn.ReLU()),
    ),
  ),
  'a member of a Set': next(() =>
    world(
      new (class extends Base {
        readonly flags = new Set(['a']);
        forward(x: Tensor): Tensor {
          return this.flags.has('a') ? x.mul(this.w) : x.add(this.w);
        }
      })(),
      m => m.flags.delete('a').toString() && m.flags.add('b'),
    ),
  ),
  'an element of a typed array': next(() =>
    world(
      new (class extends Base {
        readonly scales = Float64Array.of(2, 3);
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.scales[0]!);
        }
      })(),
      m => (m.scales[0] = 3),
    ),
  ),
  'a new key': next(() =>
    world(
      new (class extends Base {
        readonly options: Record<string, number> = {};
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.options.scale ?? 1);
        }
      })(),
      m => (m.options.scale = 3),
    ),
  ),
  'a key deleted': next(() =>
    world(
      new (class extends Base {
        readonly options: Record<string, number> = { scale: 2 };
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this.options.scale ?? 1);
        }
      })(),
      m => delete m.options.scale,
    ),
  ),
  'a field named by a symbol': next(() => {
    const key = Symbol('scale');
    return world(
      new (class extends Base {
        [key] = 2;
        forward(x: Tensor): Tensor {
          return x.mul(this.w).mul(this[key]);
        }
      })(),
      m => (m[key] = 3),
    );
  }),
};
