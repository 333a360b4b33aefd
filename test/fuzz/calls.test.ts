/**
 * Odd calls: right calls of all that is public, each with one thing changed. Every one is refused with an error of the
 * library's, unless what stands there is of the right kind; then it may be refused or computed. Nothing is left behind.
 */
import * as phyllo from 'phyllo';
import { memory, mseLoss, nn, ones, optim, PhylloError, scope, Tensor } from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { runtime, useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';
import { randomFrom } from '../ops/harness';
import { REPLACING } from '../../ts/ops/replacing';
import { namesOf } from '../package/surface';
import { run } from './calling';
import { oddCall } from './odd';
import type { Right } from './arguments';
import { RIGHT } from './right';

/** Of odd calls of everything. */
const ROUNDS = Math.ceil(Number(process.env.PHYLLO_FUZZ_RUNS ?? 1000) / 250);
const SEED = Number(process.env.PHYLLO_FUZZ_SEED ?? 1);

/** What takes no argument, takes any, reads files or awaits, or is no function of the user's: each by name. */
const WITHOUT: readonly RegExp[] = [
  /Error(#within)?$/,
  /^Tensor$/,
  /^nn\.(Module|Layer)$/,
  /^nn\.(Sequential|ModuleList|ParameterList|ModuleDict|ParameterDict)#/, // tested by hand: test/nn/containers.test.ts
  /^nn\.\w+Loss#/, // test/nn/losses.test.ts
  /^(Sequential|Random|SubsetRandom|WeightedRandom|Batch)Sampler#/,
  /^optim\.(Optimizer|LRScheduler)$/,
  /^optim\.LBFGS#addParamGroup$/, // refuses any
  /^defaultGenerator$/,
  /^(backendName|doctor|threads)$/, // test/core/doctor.test.ts
  /^writeFile$/,
  /^(scoped|steps|keep)$/,
  /^profile$/,
  /^onBackend$/, // takes backends, which no user has: test/gradcheck
  // Methods and accessors without arguments, and those for subclasses.
  /#(data|detach|dispose|item|ndim|toArray|toJSON|toString|grad|requiresGrad|length|draw|accuracy|matrix|perClass|perBin|total|compute|reset)$/,
  /#(children|eval|named|namedBuffers|namedModules|namedParameters|parameters|stateDict|zeroGrad|step|lr)$/,
  /#(states|buffers|contents|modules|namedChildren|clone|find|checkNew|put|of|update|set|defaults|memory|slots|next|first|getLastLr|addGroups|allDefaults|checkState|load|restart|option|setOption|write|attend|momentum|setMore|checkLive|evaluate)$/,
];

/** Right calls, with those of ops as methods too. */
const calls: readonly (readonly [name: string, make: () => Right])[] = Object.entries(RIGHT).flatMap(([name, make]) => {
  const asMethod = (): Right => {
    const {
      args: [x, ...args],
    } = make();
    return { on: Object(x!.value), args };
  };
  const method =
    !/[.#]/.test(name) &&
    name !== 'backward' &&
    !(`Tensor#${name}` in RIGHT) && // of another meaning
    Object.hasOwn(Tensor.prototype, name) &&
    scope(() => make().args.length > 1);
  const inPlace = method && REPLACING.some(n => n === name);
  return [
    [name, make] as const,
    ...(method ? [[`Tensor#${name}`, asMethod] as const] : []),
    ...(inPlace ? [[`Tensor#${name}_`, asMethod] as const] : []),
  ];
});

interface Count {
  calls: number;
  refused: number;
  passed: number;
  readonly faults: string[];
}

/**
 * Odd calls of everything, the same for the same seed: those of a function are drawn by its name, so that another function
 * changes none of them.
 */
function tryAll(seed: number): Count {
  const draws = calls.map(([name]) => randomFrom([...name].reduce((code, c) => code * 31 + c.charCodeAt(0), seed)));
  const count: Count = { calls: 0, refused: 0, passed: 0, faults: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [name, make]] of calls.entries()) {
      scope(() => {
        const right = make();
        if (right.args.length === 0) return;
        const odd = oddCall(right, draws[i]!);
        count.calls++;
        try {
          run(name, right, odd.args);
          count.passed++;
          if (!odd.mayPass) count.faults.push(`${name}, ${odd.change}: nothing was thrown`);
        } catch (e) {
          if (e instanceof PhylloError) count.refused++;
          else count.faults.push(`${name}, ${odd.change}: ${String(e)}`);
        }
      });
    }
  }
  return count;
}

test('everything public has a right call, or is said to take nothing', () => {
  const known = new Set(calls.map(([name]) => name));
  const missing = namesOf(phyllo).filter(
    name =>
      !known.has(name) &&
      !WITHOUT.some(w => w.test(name)) &&
      !(name.startsWith('Tensor#') && known.has(name.slice(7))) &&
      !REPLACING.some(method => name === `Tensor#${method}_`),
  );
  expect(missing).toEqual([]);
});

// These take any number of arguments; and what a forward takes, a function with defaults does not tell.
const ANY_NUMBER = /^(einsum|(Tensor#)?(at|put)|nn\.Sequential|TensorDataset|.*#forward)$/;
test.each(calls.filter(([name]) => !ANY_NUMBER.test(name)))('%s refuses an argument more', (name, make) => {
  scope(() => {
    const given = make().args.map(a => a.value);
    const most = `takes ${given.length} argument`;
    expect(() => run(name, make(), [...given, {}])).toThrow(most);
    expect(() => run(name, make(), [...make().args.map(a => a.value), undefined])).not.toThrow();
  });
});

describe.each([exact, ...binaries.filter(b => b.name === 'checked')])('on $name', backend => {
  beforeAll(() => {
    const before = runtime.backend;
    useBackend(backend);
    return () => useBackend(before);
  });

  test.each(calls)('%s: the right call is right', (name, make) => {
    scope(() => {
      const right = make();
      run(
        name,
        right,
        right.args.map(a => a.value),
      );
    });
  });

  test('odd calls are refused by name, and leave nothing behind', { timeout: 60_000 * ROUNDS }, () => {
    const { calls: n, refused, passed, faults } = tryAll(SEED);
    console.log(`${n} odd calls on ${backend.name}: ${refused} refused, ${passed} computed, ${faults.length} faults`);
    expect(faults).toEqual([]);
    expect(n).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(passed);
    if (backend === exact) return;
    const { blocks } = memory(); // constants and the default generator are there by now
    tryAll(SEED);
    expect(memory().blocks).toBe(blocks);
  });

  test('the library works afterwards', () => {
    const loss = scope(() => {
      const model = new nn.Linear(2, 1);
      nn.init.constant(model.weight, 0.5);
      nn.init.zeros(model.bias!);
      const sgd = new optim.SGD(model.parameters(), { lr: 0.25 });
      const step = (): number => {
        sgd.zeroGrad();
        const y = mseLoss(model.forward(ones([1, 2])), ones([1, 1]).mul(3));
        y.backward();
        sgd.step();
        return y.item();
      };
      return [step(), step()];
    });
    // y = 1 at first; each weight and the bias get 2 · (3 − 1) · lr = 1 more, so that y = 4.
    expect(loss).toEqual([4, 1]);
  });
});

const leavesOf = (v: unknown): number[][] => [v].flat(3).map(t => (t instanceof Tensor ? Array.from(t.toArray()) : []));
test.each(Object.entries(RIGHT).filter(([name, make]) => name.endsWith('#forward') && make().on instanceof nn.Module))(
  '%s of a copy is the same',
  (name, make) => {
    scope(() => {
      const { on, args } = make();
      if (!(on instanceof nn.Module)) return;
      const inputs = args.map(a => a.value);
      const y = run(name, { on: on.eval(), args }, inputs);
      expect(leavesOf(run(name, { on: on.clone(), args }, inputs))).toEqual(leavesOf(y));
    });
  },
);
