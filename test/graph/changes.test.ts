/** A plan is its function, or says that it is not: every kind of change, in inference and in training, against eager. */
import { capture, CaptureError, manualSeed, optim, scope, tensor, type Tensor } from 'phyllo';
import { beforeEach, describe, expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { OF_ARGUMENTS, OF_VARIABLES } from './changes/around';
import { OF_FIELDS } from './changes/fields';
import { OF_MODULES } from './changes/modules';
import { OF_TRAINING } from './changes/training';
import type { Kind, World } from './changes/world';
import { backends, dice, list, start } from '../toy';

const KINDS: Readonly<Record<string, Kind>> = {
  ...OF_MODULES,
  ...OF_FIELDS,
  ...OF_VARIABLES,
  ...OF_ARGUMENTS,
  ...OF_TRAINING,
};

type Run = (x: Tensor, ...more: readonly unknown[]) => Tensor;

/** What is captured: the function itself, or a step of training that ends in its values. */
const inference = ({ f }: World): Run => f;
function training(world: World): Run {
  const { f, params } = world;
  const own = new optim.SGD(params, { lr: 0.1, momentum: 0.9 });
  return (x, ...more) => {
    const optimizer = world.optimizer?.() ?? own;
    optimizer.zeroGrad();
    const y = f(x, ...more);
    const loss = y.square().mean().add(params[0]!.square().sum().mul(0.01));
    loss.backward();
    optimizer.step();
    return y.detach();
  };
}

/**
 * Two equal worlds, one captured, one not, which change after some calls. What each call of the captured one
 * gave: `same` values as the other, `stale` ones, or `refused` and then the same.
 */
function play({ make }: Kind, run: (world: World) => Run, after: number, calls = 8): string[] {
  return scope(() => {
    const twin = (): World => {
      manualSeed(7);
      return make();
    };
    const [real, planned] = [twin(), twin()];
    const [eager, captured] = [run(real), capture(run(planned))];
    const found = Array.from({ length: calls }, (_, call) => {
      if (call === after) {
        manualSeed(8);
        real.change();
        manualSeed(8);
        planned.change();
      }
      const x = tensor([call + 0.5, 2 - call, 1.5]);
      const want = list(eager(x, ...(real.more ?? [])));
      let got: Tensor;
      let outcome = 'same';
      try {
        got = captured(x, ...(planned.more ?? []));
      } catch (e) {
        if (!(e instanceof CaptureError)) throw e;
        outcome = 'refused';
        got = captured(x, ...(planned.more ?? []));
      }
      return list(got).every((v, i) => Object.is(v, want[i]))
        ? outcome
        : outcome === 'refused'
          ? 'refused late'
          : 'stale';
    });
    captured.dispose();
    return found;
  });
}

describe.each(backends.slice(1))('on %s', (_, make) => {
  const roll = dice(11);
  beforeEach(() => {
    start(make);
    expect(runtime.scope).toBeNull();
  });

  describe.each([
    ['inference', inference],
    ['training', training],
  ] as const)('%s:', (name, run) => {
    const kinds = Object.entries(KINDS).filter(([, k]) => name === 'training' || !k.training);

    test.each(kinds.filter(([, { seen }]) => seen === 'next call'))('%s is seen at the next call', (_, kind) => {
      for (const after of [1, 4]) expect(play(kind, run, after)).toEqual(Array(8).fill('same'));
    });

    test.each(kinds.filter(([, { seen }]) => seen === 'audit'))('%s is found by an audit', (_, kind) => {
      for (const after of [1, 3]) {
        // Nothing was computed since: an error, and the next plan is the function again.
        expect(play(kind, run, after)).toEqual(Array(8).fill('same').with(after, 'refused'));
      }
      // At any other moment it goes unseen until the next audit, and no longer.
      const after = 5 + roll(27);
      const due = 2 ** Math.ceil(Math.log2(after + 1));
      const found = play(kind, run, after, due + 1);
      expect(found.slice(0, after)).toEqual(Array(after).fill('same'));
      expect(found.findIndex(outcome => outcome.startsWith('refused'))).toBe(due - 1);
    });
  });
});
