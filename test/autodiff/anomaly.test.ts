/** Anomalies: which op, layer and line is named, and what is let through. */
import {
  AnomalyError,
  corrcoef,
  CaptureError,
  capture,
  checkpoint,
  crossEntropy,
  detectAnomaly,
  keep,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  scope,
  tensor,
  ValueError,
  where,
  xlogy,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { RIGHT } from '../fuzz/right';
import { run } from '../fuzz/calling';
import { failure, list, onEachBackend } from '../toy';

/** The error of a function within anomaly detection. */
function anomaly(f: () => unknown): AnomalyError {
  try {
    scope(() => void detectAnomaly(f));
  } catch (e) {
    if (e instanceof AnomalyError) return e;
    throw e;
  }
  throw new Error('there is none');
}
/** The line of this file that a function stands in, counted from where this is called. */
const lineOf = (site: string): string => /([\w.]+):(\d+):\d+$/.exec(site)?.slice(1).join(':') ?? '';
const here = (): number => Number(/anomaly\.test\.ts:(\d+):\d+/.exec(new Error().stack!.split('\n')[2]!)![1]);

onEachBackend('on %s', () => {
  describe('forward', () => {
    test('names the op, the numbers, the line and what it came from', () => {
      const x = keep(
        tensor([
          [1, 2, 4],
          [0.5, 0, 3],
        ]),
      );
      const line = here() + 1;
      const e = anomaly(() => x.mul(2).log().exp());
      expect(e).toMatchObject({ op: 'log', value: '-Infinity', phase: 'forward', path: null });
      expect(e.message).toMatch(
        /^log: makes -Infinity in 1 of 6 elements, first at \[1, 1\] from x f32 \[2, 3\] from 0 to 8 at /,
      );
      expect(lineOf(e.site)).toBe(`anomaly.test.ts:${line}`);
      expect(anomaly(() => x.sub(2).sqrt())).toMatchObject({ op: 'sqrt', value: 'NaN' });
      expect(anomaly(() => x.mul(1000).exp())).toMatchObject({ op: 'exp', value: 'Infinity' });
    });

    test('names the layer', () => {
      class Log extends nn.Layer {
        forward(x: Tensor): Tensor {
          return x.log();
        }
      }
      const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU(), new nn.Sequential(new Log(), new nn.ReLU()));
      noGrad(() => model.parameters().forEach(p => p.fill_(-1)));
      const e = anomaly(() => model.forward(ones([1, 2])));
      expect(e).toMatchObject({ op: 'log', path: '2.0' });
      expect(e.message).toMatch(/^log \(2\.0\): makes -Infinity in 2 of 2 elements/);
    });

    test('says of NaN that came from outside which input it is in', () => {
      const bad = keep(tensor([1, NaN]));
      const e = anomaly(() => ones([2]).mul(bad));
      expect(e).toMatchObject({ op: 'mul', value: 'NaN' });
      expect(e.message).toMatch(
        /hands on NaN.*from a f32 \[2\] of 1, b f32 \[2\] with NaN in 1 of 2 elements, first at \[1\]/,
      );
      const layer = new nn.Linear(2, 1);
      layer.weight.set([NaN, 1]);
      expect(anomaly(() => layer.forward(ones([1, 2]))).message).toMatch(
        /^linear: hands on NaN.*w f32 \[1, 2\] with NaN/,
      );
    });

    test('lets masks, what functions mask themselves, and what is replaced at once go on', () => {
      scope(() => {
        const mask = tensor([0, -Infinity, 0]);
        const masked = detectAnomaly(() => ones([2, 3]).add(mask).softmax(-1));
        expect(list(masked)).toEqual([0.5, 0, 0.5, 0.5, 0, 0.5]);
        detectAnomaly(() =>
          ones([3])
            .maskedFill(tensor([true, false, true]), -Infinity)
            .amax(),
        );
        detectAnomaly(() => list(xlogy(zeros([2]), zeros([2]))));
        const missing = tensor([
          [1, NaN],
          [NaN, 2],
        ]);
        expect(list(detectAnomaly(() => missing.t().contiguous().to('f16').to('f32').nanToNum({ nan: 7 })))).toEqual([
          1, 7, 7, 2,
        ]);
        expect(list(detectAnomaly(() => where(missing.isnan(), 0, missing)))).toEqual([1, 0, 0, 2]);
        expect(detectAnomaly(() => missing.nanmean()).item()).toBe(1.5);
      });
      const all = keep(tensor([-Infinity, -Infinity]));
      expect(anomaly(() => all.softmax(0))).toMatchObject({ op: 'softmax', value: 'NaN' });
    });

    test('names a function with the op in it that began', () => {
      const none = keep(tensor([[-Infinity, -Infinity]]));
      const e = anomaly(() => crossEntropy(none, tensor([1], { dtype: 'i32' })));
      expect(e).toMatchObject({ where: 'crossEntropy', value: 'NaN', phase: 'forward' });
      const same = keep(ones([2, 3]));
      expect(anomaly(() => corrcoef(same)).message).toMatch(/^corrcoef: makes, in its div, NaN in 4 of 4 elements/);
    });

    test('finds what is written in place', () => {
      const w = keep(tensor([3, 1]));
      const e = anomaly(() => w.mul_(NaN));
      expect(e).toMatchObject({ op: 'mul_', value: 'NaN' });
      expect(e.message).toMatch(
        /^mul_: hands on NaN in 2 of 2 elements, first at \[0\] from a f32 \[2\] from 1 to 3, /,
      );
    });
  });

  describe('backward', () => {
    test('names the op of the forward pass, its layer and its line', () => {
      class Root extends nn.Layer {
        readonly line = here() + 2;
        forward(x: Tensor): Tensor {
          return x.sqrt();
        }
      }
      const root = new Root();
      const model = new nn.Sequential(new nn.Linear(2, 2, { bias: false }), new nn.Sequential(root));
      noGrad(() => model.parameters().forEach(p => p.fill_(0)));
      const e = anomaly(() =>
        model
          .forward(ones([1, 2]))
          .sum()
          .backward(),
      );
      expect(e).toMatchObject({ op: 'sqrt', value: 'Infinity', phase: 'backward', path: '1.0' });
      expect(lineOf(e.site)).toBe(`anomaly.test.ts:${root.line}`);
      expect(e.message).toMatch(/^sqrt \(1\.0\): the gradient by its x \[1, 2\] becomes Infinity in 2 of 2 elements/);
    });

    test('finds it in checkpoints and in captured functions, and says if the graph is older', () => {
      const w = keep(tensor([0, 1], { requiresGrad: true }));
      expect(
        anomaly(() =>
          checkpoint((x: Tensor) => x.sqrt())(w)
            .sum()
            .backward(),
        ),
      ).toMatchObject({ op: 'sqrt', phase: 'backward' });
      const step = capture((x: Tensor) => {
        const loss = w.mul(x).sqrt().sum();
        loss.backward();
        return loss;
      });
      scope(() => step(ones([2])));
      const e = anomaly(() => step(ones([2])));
      expect(e).toMatchObject({ op: 'sqrt', phase: 'backward' });
      scope(() => {
        const loss = w.sqrt().sum();
        expect(anomaly(() => loss.backward()).message).toMatch(/becomes Infinity.*, which ran outside/);
      });
    });

    test('lets through what is finite, with the same numbers', () => {
      const model = new nn.Sequential(new nn.Linear(3, 4), new nn.LayerNorm(4), new nn.GELU(), new nn.Linear(4, 2));
      const step = (): number[] =>
        scope(() => {
          model.zeroGrad();
          crossEntropy(model.forward(ones([2, 3])), tensor([1, 0], { dtype: 'i32' })).backward();
          return model.parameters().flatMap(p => list(p.grad));
        });
      const expected = step();
      expect(detectAnomaly(step)).toEqual(expected);
      expect(runtime.inspector).toBeNull();
    });
  });

  test('leaves nothing behind when it throws', () => {
    const x = keep(tensor([0, 1], { requiresGrad: true }));
    anomaly(() => x.sqrt().sum().backward());
    x.grad = null;
    const { blocks } = memory();
    anomaly(() => x.sqrt().sum().backward());
    anomaly(() => x.mul(2).add(1).sub(1).log());
    x.grad = null;
    expect(memory().blocks).toBe(blocks);
    expect(runtime.inspector).toBeNull();
  });
});

test('is synchronous, and stands around captured functions', () => {
  failure(() => detectAnomaly(async () => {}), ValueError, /detectAnomaly is synchronous/);
  failure(
    () => capture(() => detectAnomaly(() => ones([1])))(),
    CaptureError,
    /no numbers while a function is captured/,
  );
  expect(detectAnomaly(() => detectAnomaly(() => 3))).toBe(3);
});

test('finds the step of an optimiser that goes too far', () => {
  const p = new nn.Parameter(tensor([1]));
  const sgd = new optim.SGD([p], { lr: 1e30 });
  p.grad = tensor([1e30]);
  expect(anomaly(() => sgd.step())).toMatchObject({ value: '-Infinity', phase: 'forward' });
});

test('no function that returns finite numbers is accused', () => {
  const accused: string[] = [];
  for (const [name, make] of Object.entries(RIGHT)) {
    scope(() => {
      try {
        detectAnomaly(() => run(name, make()));
      } catch (e) {
        expect(e).toBeInstanceOf(AnomalyError);
        accused.push(name);
      }
    });
  }
  // Of ones: infinite, or 0 / 0.
  expect(accused).toEqual(['atanh', 'erfinv', 'corrcoef']);
});
