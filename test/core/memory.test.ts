/** Who frees what, and when: nothing leaks, nothing goes early, and what is gone says so. */
import {
  dropout,
  DisposedError,
  Generator,
  keep,
  noGrad,
  ones,
  scope,
  tensor,
  ValueError,
  where,
  type Tensor,
} from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { failure, flat, inUse, list, loader, onEachBackend, problem } from '../toy';

vi.setConfig({ testTimeout: 60_000 });

onEachBackend('on %s', () => {
  describe('scopes', () => {
    test('free what they made, and hand on what they return', () => {
      flat(3, () => {
        const { a, more } = scope(() => {
          const a = ones([3, 4]).mul(2);
          a.exp();
          return { a, more: [[a.t()], 'text', null] as const };
        });
        expect(list(a)).toEqual(Array(12).fill(2));
        a.dispose();
        expect(list(more[0][0])).toEqual(Array(12).fill(2));
        more[0][0].dispose();
        failure(
          () => a.toArray(),
          DisposedError,
          /toArray: a tensor of shape \[3, 4\], made by mul, is used after it was freed by dispose\(\)$/,
        );
      });
    });

    test('nest: what one returns belongs to the one around', () => {
      flat(3, () => {
        let inner: Tensor | null = null;
        const outer = scope(() => {
          inner = scope(() => ones([4]).mul(3), 'inner');
          return inner.mul(2);
        }, 'outer');
        expect(list(outer)).toEqual([6, 6, 6, 6]);
        failure(() => inner!.exp(), DisposedError, /made by mul in outer/);
        outer.dispose();
      });
    });

    test('free when the function throws', () => {
      flat(3, () => {
        expect(() =>
          scope(() => {
            ones([4]).mul(3);
            throw new Error('by the user');
          }),
        ).toThrow('by the user');
        expect(runtime.scope).toBeNull();
      });
    });

    test('return a tensor twice, within itself or freed, as it is', () => {
      flat(3, () => {
        const [a, b, gone] = scope(() => {
          const x = ones([4]);
          const gone = ones([4]);
          gone.dispose();
          return [x, { again: [x] }, gone] as const;
        }, 'a step');
        expect(list(a)).toEqual([1, 1, 1, 1]);
        expect(b.again[0]).toBe(a);
        failure(() => gone.exp(), DisposedError, /made by full in a step/);
        a.dispose();
      });
    });

    test('return some of what they made, in any order, and free the rest', () => {
      flat(1, () => {
        for (let chosen = 0; chosen < 32; chosen++) {
          scope(() => {
            ones([2]); // of the scope around, before
            const out = scope(() => {
              const all = [0, 1, 2, 3, 4].map(i => ones([2]).mul(i));
              keep(all[2]!).dispose();
              return all.filter((_, i) => i !== 2 && chosen & (1 << i)).reverse();
            });
            const after = ones([2]);
            const want = [4, 3, 1, 0].filter(i => chosen & (1 << i));
            expect(out.map(t => list(t)[0])).toEqual(want);
            expect(list(after)).toEqual([1, 1]);
          });
        }
      });
    });

    test('leave alone what they return but did not make', () => {
      const x = keep(ones([4]));
      expect(scope(() => x)).toBe(x);
      const y = scope(() => {
        const mine = ones([4]);
        expect(scope(() => dropout(mine, 0.5, { training: false }))).toBe(mine);
        expect(list(mine)).toEqual([1, 1, 1, 1]);
        return keep(mine);
      });
      expect(list(y)).toEqual([1, 1, 1, 1]);
      y.dispose();
    });

    test('are synchronous: a Promise is an error, and what was made goes', async () => {
      const before = inUse();
      let resume = (): void => {};
      let late: unknown = null;
      failure(
        () =>
          scope(async () => {
            const x = ones([4]);
            await new Promise<void>(r => (resume = r));
            try {
              x.mul(2);
            } catch (e) {
              late = e;
              throw e;
            }
          }, 'a step'),
        ValueError,
        /a step: .*Promise.*synchronous/,
      );
      resume();
      await new Promise(r => setTimeout(r));
      expect(late).toBeInstanceOf(DisposedError);
      expect(inUse()).toEqual(before);
      failure(() => noGrad(async () => {}), ValueError, /noGrad: .*Promise.*synchronous/);
      expect(runtime.recording).toBe(true);
    });

    test('keep() takes a tensor out, and refuses a freed one', () => {
      const data = problem();
      let kept: Tensor | null = null;
      let gone: Tensor | null = null;
      const before = inUse().blocks;
      for (const [x] of loader(data)) {
        gone = x.mul(2);
        kept = keep(gone.reshape([80]));
        break;
      }
      expect(inUse().blocks).toBe(before + 1);
      expect(list(kept!.add(1)).length).toBe(80);
      failure(() => keep(gone!), DisposedError, /keep: .*batch 0/);
      kept!.dispose();
    });

    test('a loss that is returned early from a loop reads its value, a larger tensor says what to do', () => {
      const data = problem();
      const early = (): [Tensor, Tensor] => {
        for (const [x] of loader(data)) return [x.sum(), x.mul(2)];
        throw new Error('no batch');
      };
      const [total, twice] = early();
      expect(total.item()).toBeCloseTo(
        list(data.x)
          .slice(0, 80)
          .reduce((a, b) => a + b),
        4,
      );
      failure(() => twice.toArray(), DisposedError, /batch 0 of the loader.*keep\(\) it, return it, or read it inside/);
    });

    test('dispose() and using free at once; twice is once', () => {
      flat(3, () => {
        const x = ones([100]);
        const y = x.reshape([10, 10]);
        x.dispose();
        x.dispose();
        expect(list(y)[99]).toBe(1);
        {
          using z = y;
          expect(z.disposed).toBe(false);
        }
        expect(y.disposed).toBe(true);
      });
    });
  });

  test('views share storage, and the last one frees it', () => {
    const before = inUse();
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const y = x.t();
    const z = y.slice(0, 1, 3);
    expect(inUse().blocks).toBe(before.blocks + 1);
    x.dispose();
    y.dispose();
    expect(list(z)).toEqual([2, 5, 3, 6]);
    z.dispose();
    expect(inUse()).toEqual(before);
  });

  test('a number is a constant that stays while an op reads it, however many others drive it out', () => {
    const yes = keep(tensor([true]));
    const x = keep(ones([1]));
    let fresh = 1;
    const pick = (a: number, b: number): number => scope(() => where(yes, a, b).item());
    const another = (): number => scope(() => x.mul((fresh += 1 / 1024)).item());
    // With as many numbers in between as there is room for, b is new again when a is the next to go.
    for (let between = 500; between < 520; between++) {
      const [a, b] = [-between, -between - 0.5];
      expect(pick(b, a)).toBe(b);
      for (let i = 0; i < between; i++) another();
      expect(pick(a, b)).toBe(a);
    }
    const before = inUse().blocks;
    for (let i = 0; i < 600; i++) another();
    expect(inUse().blocks).toBe(before);
  });

  test('a generator owns its state, and what it draws belongs to the scope', () => {
    const generator = new Generator(1);
    flat(3, () =>
      scope(() => {
        dropout(ones([10]), 0.5, { generator });
      }),
    );
    generator.state.dispose();
  });
});
