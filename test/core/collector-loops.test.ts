/** What the collector does in engines that do not collect on request, and what it leaves to loops and scopes. */
import { keep, memory, nn, optim, randn, scope, scoped, steps, ValueError, zeros, type Tensor } from 'phyllo';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { useEngine } from '../../ts/core/collector';
import { engine } from '../../ts/engine';
import { flat, start } from '../toy';
import { fresh, startFresh } from './fresh';

vi.setConfig({ testTimeout: 60_000 });

describe('in an engine that does not collect on request', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  beforeEach(() => {
    start(fresh);
    useEngine(null);
  });
  afterEach(() => {
    useEngine(engine());
    warn.mockClear();
  });

  test('loops that return to the event loop stay bounded: V8 feels the ballast', async () => {
    memory({ resetPeak: true });
    for (let i = 0; i < 150; i++) {
      zeros([2 ** 21]);
      await new Promise(r => setImmediate(r));
    }
    expect(memory().peak).toBeLessThan(2 ** 30);
    expect(warn).not.toHaveBeenCalled();
  });

  test('and where the engine turns out not to collect although it was thought to', async () => {
    useEngine({ forget() {}, collect: () => false });
    memory({ resetPeak: true });
    for (let i = 0; i < 150; i++) {
      zeros([2 ** 21]);
      await new Promise(r => setImmediate(r));
    }
    expect(memory().peak).toBeLessThan(2 ** 30);
  });

  test('a loop that does not is warned of, once, with the remedy', () => {
    for (let i = 0; i < 60; i++) zeros([2 ** 21]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/tensors that no scope owns.*steps\(n\).*await data\(\)/)],
    ]);
  });
});

describe('loops whose turns are scopes', () => {
  beforeEach(startFresh);

  test('over numbers', () => {
    const seen: number[] = [];
    const { blocks } = memory();
    for (const i of steps(5)) {
      randn([100]).mul(2);
      seen.push(i);
      expect(memory().blocks).toBeLessThan(blocks + 6);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(memory().blocks).toBe(blocks);
    expect([...steps(0)]).toEqual([]);
    for (const i of steps()) if (i === 10) break;
    for (const n of [-1, 1.5, NaN, '3' as unknown as number]) expect(() => steps(n)).toThrow(ValueError);
  });

  test('over anything that is iterable', () => {
    const seen: string[] = [];
    for (const c of scoped('abc', 'letters')) seen.push(c);
    expect(seen).toEqual(['a', 'b', 'c']);
    for (const odd of [null, undefined, 3, {}, Promise.resolve([])]) {
      expect(() => scoped(odd as unknown as string[])).toThrow(ValueError);
    }
  });
});

describe('a scope', () => {
  beforeEach(startFresh);

  test('frees the modules and optimisers that are made in it, with their gradients', () => {
    flat(2, () => {
      const weight = scope(() => {
        const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Dropout(0.5));
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
        model
          .forward(randn([5, 3]))
          .sum()
          .backward();
        optimizer.step();
        return model.parameters()[0]!.toArray();
      });
      expect(weight.length).toBe(12);
    });
  });

  test('hands on a module that it returns, in whatever it is', () => {
    class Result {
      readonly extra = new Map([['noise', randn([2])]]);
      readonly list = new Set([randn([3])]);
      constructor(readonly model: nn.Linear) {}
    }
    flat(2, () =>
      scope(() => {
        const result = scope(() => new Result(new nn.Linear(2, 2)));
        randn([7]);
        expect(result.extra.get('noise')!.toArray().length).toBe(2);
        expect([...result.list][0]!.toArray().length).toBe(3);
        expect(result.model.forward(zeros([1, 2])).toArray().length).toBe(2);
      }),
    );
  });

  test('leaves alone what is kept, and layers made in forward', () => {
    class Lazy extends nn.Module {
      linear: nn.Linear | null = null;
      forward(x: Tensor): Tensor {
        this.linear ??= new nn.Linear(x.shape[1]!, 2);
        return this.linear.forward(x);
      }
    }
    const lazy = new Lazy();
    scope(() => void lazy.forward(zeros([1, 3])));
    expect(lazy.forward(zeros([1, 3])).shape).toEqual([1, 2]);
    const kept = scope(() => {
      const model = keep(new nn.Linear(2, 2));
      return () => model;
    })();
    expect(kept.forward(zeros([1, 2])).shape).toEqual([1, 2]);
  });

  test('refuses thenables, and what is no function', () => {
    for (const odd of [null, 3, 'f', {}]) expect(() => scope(odd as unknown as () => void)).toThrow(ValueError);
    expect(() => scope(async () => 1)).toThrow(/synchronous/);
    expect(() => scope(() => ({ then() {} }))).toThrow(/synchronous/);
  });
});
