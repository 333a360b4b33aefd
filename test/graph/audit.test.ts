/** The audit of a captured function: the function is traced again, and traces must agree. */
import {
  capture,
  CaptureError,
  Generator,
  keep,
  manualSeed,
  memory,
  nn,
  optim,
  rand,
  randn,
  scope,
  tensor,
  type Tensor,
} from 'phyllo';
import { beforeEach, describe, expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { backends, list, start } from '../toy';

describe('an audit', () => {
  beforeEach(() => start(backends[1]![1]));

  /** The line of this file that calls this. */
  const here = (): number => Number(/audit\.test\.ts:(\d+)/.exec(new Error().stack!.split('\n')[2]!)![1]);
  const x = (): Tensor => tensor([1, 2, 3]);
  function refusal(f: () => unknown): string {
    try {
      f();
    } catch (e) {
      if (e instanceof CaptureError) return e.message;
      throw e;
    }
    throw new Error('nothing was refused');
  }
  /** What call 4 says, before which something changes. */
  function fourth(f: (x: Tensor) => unknown, change: () => void): string {
    for (let call = 0; call < 3; call++) f(x());
    change();
    return refusal(() => f(x()));
  }

  test('says which op differs, in what, where, and what to do', () => {
    let by = 0;
    let line = 0;
    const f = capture((x: Tensor) => {
      line = here() + 1;
      return x.add(1).mul(by).add(1);
    });
    const said = fourth(f, () => (by = 0.5));
    expect(said).toMatch(
      /mul of 0 was traced, now of 0\.5 at .*audit\.test\.ts:\d+:\d+.*pass what changes as an argument/,
    );
    expect(Number(/0\.5 at .*audit\.test\.ts:(\d+)/.exec(said)![1])).toBe(line);
    expect(f.plans.length).toBe(0);
    expect(list(f(x()))).toEqual([2, 2.5, 3]);
  });

  let n = 0;
  let tensors: Tensor[] = [];
  beforeEach(() => (tensors = [keep(tensor([0, 0, 0])), keep(tensor([1, 1, 1]))]));
  const differences: Readonly<Record<string, readonly [f: (x: Tensor) => unknown, text: RegExp]>> = {
    'another op': [
      x => (n === 0 ? x.tanh() : x.exp()),
      /tanh\(argument 0, f32 \[3\]; to new value f32 \[3\]\) was traced, now exp\(/,
    ],
    'one op more': [x => (n === 0 ? x.tanh() : x.tanh().exp()), /return\(.*\) was traced, now exp\(/],
    'one op less': [x => (n === 0 ? x.tanh().exp() : x.tanh()), /exp\(.*\) was traced, now return\(/],
    'another tensor': [
      x => x.add(tensors[n]!),
      /add of tensor #\d+ f32 \[3\] was traced, now of tensor #\d+ f32 \[3\]/,
    ],
    'an option': [x => x.reshape([1, 3]).sum(n), /sum of .*dims? .* was traced, now of/],
    'numbers of a tensor': [
      x => x.add(tensor([1, 2, n])),
      /copy of \[1, 2, 0\] f32 \[3\] was traced, now of \[1, 2, 1\] f32 \[3\]/,
    ],
    'a number that is returned': [x => ({ y: x.neg(), n }), /return of n: 0 was traced, now of n: 1/],
    'what is returned': [
      x => (n === 0 ? [x.neg()] : { y: x.neg() }),
      /return of "\[\*\]" was traced, now of "\{y:\*\}"/,
    ],
    'an object that is returned': [
      x => [x.neg(), new Map([['n', n]])],
      /return of 1: Map \{\["n", 0\]\} was traced, now of 1: Map \{\["n", 1\]\}/,
    ],
  };
  test.each(Object.entries(differences))('tells %s', (_, [f, text]) => {
    n = 0;
    expect(fourth(capture(f), () => (n = 1))).toMatch(text);
  });

  test('comes at calls 2, 4, 8, …: the function runs once more each time, and never with audit: false', () => {
    let runs = 0;
    const at: number[] = [];
    const f = capture((x: Tensor) => (runs++, x.neg()));
    for (let call = 1; call <= 64; call++) {
      const before = runs;
      f(x());
      if (runs > before) at.push(call);
    }
    expect(at).toEqual([1, 2, 4, 8, 16, 32, 64]);
    runs = 0;
    const g = capture((x: Tensor) => x.mul(runs++), { audit: false });
    for (let call = 1; call <= 64; call++) expect(list(g(x()))).toEqual([0, 0, 0]);
    expect(runs).toBe(1);
    expect(() => capture((x: Tensor) => x, JSON.parse('{"audit":1}'))).toThrow('audit takes true or false, this is 1');
  });

  test('comes after a model was made, a mode switched, a parameter freed or frozen', () => {
    let runs = 0;
    const f = capture((x: Tensor) => (runs++, x.neg()));
    const model = new nn.Linear(2, 2);
    for (let call = 1; call <= 4; call++) f(x());
    const acts: Readonly<Record<string, () => unknown>> = {
      made: () => new nn.Tanh(),
      optimiser: () => new optim.SGD(model.parameters(), { lr: 1 }),
      mode: () => model.eval(),
      frozen: () => model.requiresGrad_(false),
      buffer: () => new nn.Buffer(tensor([1])),
      freed: () => model.dispose(),
    };
    const seen = Object.entries(acts).map(([name, act]) => {
      act();
      const before = runs;
      f(x());
      const after = runs;
      if (runs < 12) f(x());
      return [name, after - before];
    });
    expect(seen).toEqual(Object.keys(acts).map(name => [name, 1]));
  });

  test('is rare where models are made all the time; what changes then is refused', () => {
    let runs = 0;
    let by = 2;
    const f = capture((x: Tensor) => (runs++, x.mul(by)));
    const step = (): Tensor => {
      new nn.Tanh();
      return f(x());
    };
    for (let call = 0; call < 1001; call++) step();
    expect(runs).toBeLessThan(16 + 1001 / 8 + 12);
    by = 3;
    const outcome = (): unknown => {
      try {
        return list(step());
      } catch (e) {
        return e instanceof CaptureError;
      }
    };
    const found = Array.from({ length: 9 }, outcome);
    expect(found).toContain(true);
    expect(found.at(-1)).toEqual([3, 6, 9]);
  });

  test('raises what the function throws now, and the plan is gone', () => {
    let read = false;
    const f = capture((x: Tensor) => (read ? x.mul(x.sum().item()) : x.neg()));
    expect(fourth(f, () => (read = true))).toMatch(/reads elements/);
    expect(f.plans.length).toBe(0);
    expect(refusal(() => f(x()))).toMatch(/reads elements/);
  });

  test('tells a field that the function changes at its second run', () => {
    const m = new (class extends nn.Module {
      runs = 0;
      w = new nn.Parameter(tensor([1, 2, 3]));
      forward = (x: Tensor): Tensor => (this.runs++, x.mul(this.w));
    })();
    const f = capture((x: Tensor) => m.forward(x));
    f(x());
    expect(refusal(() => f(x()))).toMatch(/changes .*runs/);
  });

  test('disturbs nothing: numbers at random, gradients, scopes, memory', () => {
    const run = (audit: boolean): [values: number[][], more: unknown[]] =>
      scope(() => {
        manualSeed(3);
        const model = new nn.Sequential(
          new nn.Linear(3, 8),
          new nn.BatchNorm1d(8),
          new nn.Dropout(0.5),
          new nn.Linear(8, 2),
        );
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
        const generator = new Generator(5);
        const step = capture(
          (x: Tensor) => {
            optimizer.zeroGrad();
            const loss = model
              .forward(x.add(rand(x.shape)))
              .square()
              .mean();
            loss.backward();
            optimizer.step();
            return loss;
          },
          { audit },
        );
        const turn = (): number[] => scope(() => list(step(randn([4, 3], { generator }))));
        const values = [turn(), turn(), turn()];
        const grad = model.parameters()[0]!.grad;
        const before = memory();
        for (let i = 0; i < 64; i++) values.push(turn());
        expect(memory()).toMatchObject({ bytes: before.bytes, blocks: before.blocks });
        expect(model.parameters()[0]!.grad).toBe(grad); // the plan goes on writing to it
        expect(step.plans.length).toBe(1);
        return [values, Object.values(model.stateDict()).map(list)];
      });
    expect(run(true)).toEqual(run(false));
    expect(runtime.scope).toBeNull();
  });
});
