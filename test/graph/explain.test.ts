/** What a plan says of itself: its steps, its drawing, its time. */
import {
  add_,
  defaultGenerator,
  conv2d,
  capture,
  checkpoint,
  crossEntropy,
  keep,
  nn,
  noGrad,
  ones,
  optim,
  profile,
  randn,
  scope,
  zeros,
  type Tensor,
} from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { NETS } from '../../bench/nets';
import { useBackend } from '../../ts/core/runtime';
import { flopsOf } from '../../ts/graph/graph';
import { bytes, short, table } from '../../ts/core/table';
import { binaries, exact } from '../backends';
import { lenet } from '../toy';

beforeAll(() => useBackend(binaries[0]!));

const training = (net: nn.Layer): ((x: Tensor, t: Tensor) => Tensor) => {
  const opt = new optim.SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
  return (x, t) => {
    opt.zeroGrad();
    const loss = crossEntropy(net.forward(x), t);
    loss.backward();
    opt.step();
    return loss;
  };
};
const batch = (n: number): [Tensor, Tensor] => [keep(randn([n, 1, 28, 28])), keep(zeros([n], { dtype: 'i32' }))];

describe('operations', () => {
  const products = (f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]): number =>
    capture(f)
      .plan(...xs)
      .program.graph.steps.reduce((n, step) => n + (step.def.flops ? flopsOf(step) : 0), 0);

  test('of LeNet, inferring and training, alone and by eights', () => {
    const net = lenet(1);
    for (const n of [1, 8, 11]) {
      const [x, t] = batch(n);
      const forward = n * NETS.lenet.flop;
      expect(noGrad(() => products(x => net.forward(x!), x))).toBe(forward);
      const first = 2 * n * 6 * 28 * 28 * 25; // the gradient of the images is not needed
      const train = training(net);
      expect(products((x, t) => train(x!, t!), x, t)).toBe(3 * forward - first);
    }
  });

  test('of products of any shape, by counting', () => {
    for (const on of [exact, binaries[0]!]) {
      useBackend(on);
      expect(products((a, b) => a!.matmul(b!), zeros([3, 1, 4, 5]), zeros([2, 5, 7]))).toBe(2 * 3 * 2 * 4 * 7 * 5);
      const conv =
        (groups: number) =>
        (x?: Tensor, w?: Tensor): Tensor =>
          conv2d(x!, w!, null, { groups, stride: 2, padding: 1 });
      expect(products(conv(2), zeros([2, 6, 9, 9]), zeros([4, 3, 3, 3]))).toBe(2 * 2 * 4 * 25 * (3 * 9));
      expect(products(x => x!.t().add(1), zeros([3, 4]))).toBe(0);
    }
    const lstm = new nn.LSTM(3, 5);
    // Each step: the projection of the input, and the product with the state; four gates.
    expect(noGrad(() => products(x => [...lstm.forward(x!).flat()], zeros([7, 2, 3])))).toBe(7 * 2 * 2 * 20 * (3 + 5));
  });

  test('and the rest one for each element', () => {
    const steps = capture((x: Tensor) => x.exp().sum()).plan(zeros([6, 7])).program.graph.steps;
    expect(steps.map(flopsOf)).toEqual([42, 42]);
  });
});

describe('explain', () => {
  test('has a line for each step, columns that stand below each other, and the memory', () => {
    const net = lenet(1);
    const [x, t] = batch(8);
    const plan = capture(training(net)).plan(x, t);
    const { steps } = plan.program.graph;
    const lines = plan.explain().split('\n');
    expect(lines.length).toBe(steps.length + 2);
    expect(lines[0]).toMatch(/^step +op +output +inputs +FLOP +memory +made of$/);
    for (const [i, step] of steps.entries()) {
      expect(lines[i + 1]).toMatch(new RegExp(`^#${i} `));
      expect(lines[i + 1]).toContain(step.def.name);
    }
    // The column of outputs begins below its heading, on every line.
    const at = lines[0]!.indexOf('output');
    for (const line of lines.slice(1, -1)) expect(line.slice(at - 2, at + 1)).toMatch(/^ {2}[[i]/);
    const { bytes: arena, bound } = plan.program.memory;
    const total = steps.reduce((n, step) => n + flopsOf(step), 0);
    expect(lines.at(-1)).toBe(
      `${short(total)} FLOP in ${steps.length} steps; arena of ${bytes(arena)}, ${((100 * arena) / bound - 100).toFixed(1)} % over the least possible ${bytes(bound)}`,
    );
    expect(plan.explain()).toContain('sgdStep');
  });

  test('says what was made one, what is done once, and what is done again', () => {
    const net = lenet(1);
    const infer = noGrad(() => capture((x: Tensor) => net.forward(x)).plan(batch(1)[0])).explain();
    expect(infer).toMatch(/conv2d \+ relu/);
    expect(infer).toMatch(/linear \+ relu/);
    expect(infer).toMatch(/^once /m);
    const again = capture((x: Tensor) => {
      net.zeroGrad();
      const loss = checkpoint(net)(x).sum();
      loss.backward();
      return loss;
    })
      .plan(batch(2)[0])
      .explain();
    expect(again.match(/^#.* conv2d .*$/gm)!.map(line => /again$/.test(line))).toEqual([false, false, true, true]);
  });
});

describe('drawings', () => {
  test('in Mermaid and DOT have each step, and arrows between what there is', () => {
    const net = lenet(1);
    const [x, t] = batch(8);
    const plan = capture(training(net)).plan(x, t);
    const { steps } = plan.program.graph;
    const reads = steps.reduce((n, { xs }) => n + xs.filter(x => x !== null).length, 0);

    const mermaid = plan.graph.toMermaid().split('\n');
    expect(mermaid[0]).toBe('flowchart TD');
    const node = /^ {2}(\w+)(?:\["([^"<>]*)"\]|\(\["([^"<>]*)"\]\))$/;
    const arrow = /^ {2}(\w+) -->\|"[^"<>]*"\| (\w+)$/;
    const nodes = new Set(mermaid.flatMap(l => node.exec(l)?.[1] ?? []));
    const arrows = mermaid.flatMap(l => (arrow.exec(l) ? [arrow.exec(l)!.slice(1, 3)] : []));
    expect(nodes.size + arrows.length + 1).toBe(mermaid.length);
    expect([...nodes].filter(id => id.startsWith('s')).length).toBe(steps.length);
    expect(arrows.flat().every(id => nodes.has(id))).toBe(true);
    expect(arrows.length).toBe(reads + plan.program.graph.results.size);
    expect(mermaid.filter(l => l.includes('sgdStep, in place')).length).toBe(10);

    const dot = plan.graph.toDot().split('\n');
    expect([dot[0], dot.at(-1)]).toEqual(['digraph plan {', '}']);
    const edges = dot.flatMap(l => /^ {2}(\w+) -> (\w+) \[label=".*"\];$/.exec(l)?.slice(1, 3).join() ?? []);
    expect(edges).toEqual(arrows.map(a => a.join()));
    expect(dot.length).toBe(3 + nodes.size + edges.length);
  });
});

describe('profile', () => {
  test('has the time of each step, adds up, and knows the limit of the core', () => {
    const net = lenet(1);
    const [x, t] = batch(16);
    const step = capture(training(net));
    const { rows, ms, limit, ...rest } = profile(step, x, t);
    expect(rest).toEqual({});
    const { steps } = step.plans[0]!.program.graph;
    expect(rows.length).toBe(steps.length);
    expect(rows.reduce((n, r) => n + r.share, 0)).toBeCloseTo(1, 9);
    expect(rows.reduce((n, r) => n + r.ms, 0)).toBeCloseTo(ms, 9);
    expect(rows.reduce((n, r) => n + r.flops, 0)).toBe(steps.reduce((n, s) => n + flopsOf(s), 0));
    expect(ms).toBeGreaterThan(0);
    expect(limit).toBeGreaterThan(0.5);
    for (const r of rows) {
      expect(r.gflops).toBeCloseTo(r.ms > 0 ? r.flops / r.ms / 1e6 : 0, 9);
      expect(r.ofLimit).toBeCloseTo(r.gflops / limit, 9);
      expect(r.calls).toBeGreaterThanOrEqual(1);
      expect(r.bytes).toBeGreaterThan(0);
    }
    const slowest = [...rows].sort((a, b) => b.ms - a.ms);
    expect(slowest.slice(0, 4).some(r => /conv2d/.test(r.op))).toBe(true);
    expect(step.plans.length).toBe(1);
    scope(() => void step(x, t)); // goes on as before
  });

  test('prints as a table, the slowest first; the steps of a loop are rows', () => {
    const w = keep(randn([8, 8]));
    const f = capture((x: Tensor) => {
      let h = x;
      for (let i = 0; i < 20; i++) h = h.matmul(w).tanh();
      return h;
    });
    const p = profile(f, keep(randn([4, 8])));
    expect(p.rows.length).toBeLessThan(20);
    expect(p.rows.every(r => /^(matmul|tanh)/.test(r.op))).toBe(true);
    expect(p.rows.some(r => r.steps >= 8)).toBe(true);
    expect(p.rows.reduce((n, r) => n + r.steps, 0)).toBe(f.plans[0]!.program.graph.steps.length);
    expect(p.rows.reduce((n, r) => n + r.flops, 0)).toBe(20 * 2 * 4 * 8 * 8);
    const lines = `${p}`.split('\n');
    expect(lines[0]).toMatch(/^op +output +steps +ms +share +FLOP +memory +GFLOP\/s +GB\/s +of the core$/);
    expect(lines.length).toBe(p.rows.length + 2);
    expect(lines.at(-1)).toMatch(/^[\d.]+ ms in kernels, [\d.]+ GFLOP\/s; the core does [\d.]+ at most$/);
    const times = lines.slice(1, -1).map(l => Number(/ (\d+\.\d{3}) /.exec(l)![1]));
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  test('an op that loops inside is one row, with its operations counted once', () => {
    const model = new nn.LSTM(4, 8);
    const f = capture((x: Tensor) => model.forward(x)[0]);
    const p = profile(f, keep(randn([16, 2, 4])));
    const { steps } = f.plans[0]!.program.graph;
    expect(p.rows.reduce((n, r) => n + r.flops, 0)).toBe(steps.reduce((n, s) => n + flopsOf(s), 0));
    expect(p.rows.reduce((n, r) => n + r.steps, 0)).toBe(steps.length);
    expect(p.rows.filter(r => /lstm/.test(r.op)).length).toBe(1);
  });

  test('byOp adds up rows by op, the slowest first', () => {
    const [x, t] = batch(8);
    const p = profile(capture(training(lenet(2))), x, t);
    const sums = p.byOp();
    expect(sums.rows.map(r => r.op).sort()).toEqual([...new Set(p.rows.map(r => r.op))].sort());
    expect(sums.rows.length).toBeLessThan(p.rows.length);
    expect(sums.ms).toBeCloseTo(p.ms, 9);
    for (const r of sums.rows) {
      const own = p.rows.filter(({ op }) => op === r.op);
      for (const key of ['steps', 'calls', 'flops', 'bytes', 'ms', 'share'] as const)
        expect(r[key], key).toBeCloseTo(
          own.reduce((n, o) => n + o[key], 0),
          9,
        );
      expect(r.gflops).toBeCloseTo(r.ms > 0 ? r.flops / r.ms / 1e6 : 0, 9);
      expect(r.shape).toBeNull();
    }
    expect(sums.rows.map(r => r.ms)).toEqual(sums.rows.map(r => r.ms).sort((a, b) => b - a));
    expect(`${sums}`).toMatch(/^op +output +steps/);
  });

  test.each(['none', 'kept', 'summed'] as const)('puts back what a training step changes (gradients: %s)', grads => {
    const net = new nn.Sequential(new nn.Linear(6, 4), new nn.BatchNorm1d(4), new nn.Dropout(0.5), new nn.Linear(4, 3));
    const opt = new optim.Adam(net.parameters(), { lr: 0.1 });
    const [x, t] = [keep(randn([5, 6])), keep(zeros([5], { dtype: 'i32' }))];
    const count = keep(zeros([1]));
    const step = capture((x: Tensor, t: Tensor) => {
      if (grads !== 'summed') opt.zeroGrad();
      const loss = crossEntropy(net.forward(x), t);
      loss.backward();
      opt.step();
      noGrad(() => add_(count, ones([1])));
      return loss;
    });
    if (grads !== 'none') scope(() => void step(x, t));
    const all = (): number[][] =>
      [
        count,
        defaultGenerator().state,
        ...Object.values(net.stateDict()),
        ...Object.values(opt.stateDict()),
        ...net.parameters().flatMap(p => p.grad ?? []),
      ].map(v => [...v.toArray()]);
    const before = all();
    const grad = net.parameters()[0]!.grad;
    profile(step, x, t);
    expect(all()).toEqual(before);
    expect(net.parameters()[0]!.grad === null).toBe(grad === null);
    scope(() => void step(x, t)); // goes on from there
    expect(all()).not.toEqual(before);
  });
});

test('numbers and columns', () => {
  expect([0, 7, 999, 1000, 1234567, 2e9].map(short)).toEqual(['0', '7', '999', '1.00 k', '1.23 M', '2.00 G']);
  expect([0, 1023, 1024, 1e6, 1e9].map(bytes)).toEqual(['0 B', '1023 B', '1.00 KiB', '977 KiB', '954 MiB']);
  expect(
    table([
      ['a', 'n'],
      ['x', '1.5 k'],
      ['long', '20'],
    ]),
  ).toBe('a         n\nx     1.5 k\nlong     20');
});
