/** Optimisers: resuming from files, gradients, options of groups, and hyperparameters by name. */
import {
  crossEntropy,
  decodeSafetensors,
  encodeSafetensors,
  Generator,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';

const numbers = (t: Tensor): number[] => Array.from(t.toArray());

describe('optimisers', () => {
  test.each([
    ['SGD', { lr: 0.05, momentum: 0.9, dampening: 0.2 }],
    ['SGD', { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }],
    ['Adam', { lr: 0.01, amsgrad: true }],
    ['AdamW', { lr: 0.01 }],
  ] as const)('%s %o resumes from files bit for bit', (op, options) => {
    const data = new Generator(3);
    const [x, t] = [randn([32, 6], { generator: data }), randint(0, 3, [32], { generator: data })];
    const start = (seed: number): { model: nn.Sequential; optimizer: optim.SGD | optim.Adam } => {
      const generator = new Generator(seed);
      const layers = [new nn.Linear(6, 8, { generator }), new nn.Tanh(), new nn.Linear(8, 3, { generator })];
      const model = new nn.Sequential(...layers);
      const groups = [{ params: model.parameters().slice(0, 2) }, { params: model.parameters().slice(2), lr: 0.02 }];
      return { model, optimizer: new optim[op](groups, options) };
    };
    const run = ({ model, optimizer }: ReturnType<typeof start>, n: number): number[] =>
      Array.from({ length: n }, () => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), t);
        loss.backward();
        optimizer.step();
        return loss.item();
      });
    const whole = start(1);
    const losses = run(whole, 10);
    expect(losses[9]).toBeLessThan(losses[0]!);

    const first = start(1);
    const before = run(first, 5);
    const files = [encodeSafetensors(first.model.stateDict()), encodeSafetensors(first.optimizer.stateDict())] as const;
    const second = start(2);
    second.model.loadStateDict(decodeSafetensors(files[0]).tensors);
    second.optimizer.loadStateDict(decodeSafetensors(files[1]).tensors);
    expect([...before, ...run(second, 5)]).toEqual(losses);
    const all = ({ model, optimizer }: ReturnType<typeof start>): number[][] =>
      [...Object.values(model.stateDict()), ...Object.values(optimizer.stateDict())].map(numbers);
    expect(all(second)).toEqual(all(whole));
  });

  test('leave alone what has no gradient, and clear gradients', () => {
    const [p, frozen] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    const optimizer = new optim.AdamW([p, frozen], { lr: 0.1, weightDecay: 0.5 });
    p.grad = tensor([1]);
    optimizer.step();
    expect(p.item()).not.toBe(1);
    expect(frozen.item()).toBe(1);
    optimizer.zeroGrad();
    expect(p.grad).toBeNull();
  });

  test('take options of a group for that group alone', () => {
    const run = (grouped: boolean): number[][] => {
      const ps = [0, 1].map(() => tensor([1, -2], { requiresGrad: true }));
      const optimizer = grouped
        ? new optim.SGD([{ params: [ps[0]!], nesterov: true }, { params: [ps[1]!] }], { lr: 0.1, momentum: 0.9 })
        : new optim.SGD(ps, { lr: 0.1, momentum: 0.9 });
      for (let k = 0; k < 3; k++) {
        for (const p of ps) p.grad = tensor([1, 0.5]);
        optimizer.step();
      }
      return ps.map(numbers);
    };
    const [grouped, plain] = [run(true), run(false)];
    expect(grouped[1]).toEqual(plain[1]);
    expect(grouped[0]).not.toEqual(plain[0]);
  });

  test('refuse a state of other names or shapes, before anything is written', () => {
    const make = (size: number): optim.Adam => new optim.Adam([zeros([size], { requiresGrad: true })], { lr: size });
    const [a, b] = [make(2), make(3)];
    expect(() => a.loadStateDict(b.stateDict())).toThrow(ShapeError);
    expect(() => a.loadStateDict(b.stateDict())).toThrow(/^Adam\.loadStateDict: m\.0 takes f32 \[2\], found f32 \[3\]/);
    expect(a.lr).toBe(2);
    const { 'm.0': _, ...rest } = a.stateDict();
    expect(() => a.loadStateDict({ ...rest, extra: zeros([1]) })).toThrow(/m\.0 is missing; extra is unexpected/);
  });

  test('hyperparameters are read and set by name, within bounds', () => {
    const optimizer = new optim.Adam([zeros([1], { requiresGrad: true })]);
    const [group] = optimizer.paramGroups;
    expect(group!.get('lr')).toBe(1e-3);
    expect(group!.get('beta2')).toBe(0.999);
    group!.set('weightDecay', 0.25);
    expect(group!.get('weightDecay')).toBe(0.25);
    expect(() => group!.set('beta1', 1)).toThrow(/Adam: beta1 takes a number from 0 to/);
    const still = new optim.SGD([zeros([1], { requiresGrad: true })], { lr: 1 });
    expect(() => still.paramGroups[0]!.set('momentum', 0.9)).toThrow(
      /SGD: momentum takes a number from 0 to 0, this is/,
    );
    expect(() => group!.get('momentum')).toThrow(/Adam: there is no momentum among lr, beta1/);
    optimizer.lr = 0.5;
    expect(optimizer.lr).toBe(0.5);
  });

  test('a parameter that gets gradients late begins with its own first step', () => {
    const make = {
      SGD: (p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
      Adam: (p: Tensor[]) => new optim.Adam(p),
      RMSprop: (p: Tensor[]) => new optim.RMSprop(p),
    };
    for (const [name, of] of Object.entries(make)) {
      const [early, late, alone] = [1, 1, 1].map(v => tensor([v], { requiresGrad: true }));
      const [both, one] = [of([early!, late!]), of([alone!])];
      for (let k = 0; k < 5; k++) {
        early!.grad = tensor([0.5]);
        both.step();
      }
      expect(late!.item()).toBe(1);
      for (let k = 0; k < 3; k++) {
        late!.grad = tensor([0.25]);
        alone!.grad = tensor([0.25]);
        both.step();
        one.step();
        expect(late!.item(), name).toBe(alone!.item());
      }
    }
  });

  test('maximize ascends: the steps of the negative gradient', () => {
    const options = { lr: 0.1, momentum: 0.9, weightDecay: 0.1 };
    const path = (sign: number, maximize: boolean): number[] => {
      const p = tensor([1, -2], { requiresGrad: true });
      const optimizer = new optim.SGD([p], { ...options, maximize });
      return [1, 2, 3].flatMap(k => {
        p.grad = tensor([sign * k, sign]);
        optimizer.step();
        return numbers(p);
      });
    };
    expect(path(1, true)).toEqual(path(-1, false));
    expect(path(1, true)).not.toEqual(path(1, false));
  });

  test('a group that is added is trained as one that was there, with state of its own', () => {
    const run = (late: boolean): number[] => {
      const ps = [0, 1].map(() => tensor([1, -2], { requiresGrad: true }));
      const groups = [{ params: [ps[0]!] }, { params: [ps[1]!], lr: 0.5 }];
      const optimizer = new optim.Adam(late ? groups.slice(0, 1) : groups, { weightDecay: 0.1 });
      if (late) optimizer.addParamGroup(groups[1]!);
      for (let k = 0; k < 3; k++) {
        for (const p of ps) p.grad = tensor([1, 0.5]);
        optimizer.step();
      }
      expect(() => optimizer.addParamGroup(groups[1]!)).toThrow('Adam: a parameter of shape [2] is given twice');
      return [...ps, ...Object.values(optimizer.stateDict())].flatMap(numbers);
    };
    expect(run(true)).toEqual(run(false));
  });

  test('options are there by name: those in memory can be set, others throw', () => {
    const optimizer = new optim.SGD([zeros([1], { requiresGrad: true })], { lr: 1, momentum: 0.9 });
    const [group] = optimizer.paramGroups;
    const read = (o: object | undefined, name: string): unknown => Reflect.get(Object(o), name);
    const write = (o: object | undefined, name: string, v: unknown) => () => Reflect.set(Object(o), name, v);
    write(optimizer, 'momentum', 0)();
    expect([read(optimizer, 'momentum'), read(group, 'momentum'), group!.get('momentum')]).toEqual([0, 0, 0]);
    write(group, 'weightDecay', 0.25)();
    expect(group!.get('weightDecay')).toBe(0.25);
    expect(write(optimizer, 'nesterov', true)).toThrow('SGD: nesterov is fixed when it is made; lr, momentum');
    expect(write(group, 'maximize', true)).toThrow('SGD: maximize is fixed');
    expect(write(group, 'momentum', 'much')).toThrow("SGD: momentum takes a finite number ≥ 0, this is 'much'");
    expect(read(optimizer, 'nesterov')).toBe(false);
  });

  test('clipGradNorm by other norms, and a shared gradient once', () => {
    const leaf = (g: readonly number[]): Tensor => {
      const p = zeros([g.length], { requiresGrad: true });
      p.grad = tensor(g);
      return p;
    };
    const leaves = (): Tensor[] => [leaf([3, -4]), leaf([12])];
    const norms = { 1: 19, 2: 13, 3: (27 + 64 + 1728) ** (1 / 3), Infinity: 12 };
    for (const [p, norm] of Object.entries(norms)) {
      const params = leaves();
      expect(optim.clipGradNorm(params, norm / 2, { normType: Number(p) }).item()).toBeCloseTo(norm, 4);
      numbers(params[0]!.grad!).forEach((g, i) => expect(g).toBeCloseTo([1.5, -2][i]!, 4));
    }
    const [a, b] = [leaf([3, 4]), zeros([2], { requiresGrad: true })];
    b.grad = a.grad;
    expect(optim.clipGradNorm([a, b, a], 1).item()).toBeCloseTo(5, 5);
    numbers(b.grad!).forEach((g, i) => expect(g).toBeCloseTo([0.6, 0.8][i]!, 5));
    const odd = leaf([NaN]);
    expect(() => optim.clipGradNorm([odd], 1, { errorIfNonfinite: true })).toThrow('the norm of the gradients is NaN');
  });
});

test('what a step, a schedule and clearing do not take is refused', () => {
  const p = new nn.Parameter(tensor([1]));
  const sgd = new optim.SGD([p], { lr: 0.1 });
  const schedule = new optim.StepLR(sgd, 1);
  const chained = new optim.ChainedScheduler([new optim.StepLR(sgd, 1)]);
  const call = (on: object, name: string, ...args: unknown[]): unknown =>
    Reflect.apply(Reflect.get(on, name), on, args.length > 0 ? args : [() => 1]);
  expect(() => call(sgd, 'step')).toThrow('SGD.step: what closure returns takes a tensor, this is 1');
  expect(() => call(sgd, 'step', 1)).toThrow('SGD.step: closure takes a function, this is 1');
  expect(() => call(sgd, 'step', () => p, 1)).toThrow('SGD.step: takes 1 argument, these are 2');
  expect(() => call(sgd, 'zeroGrad')).toThrow('SGD.zeroGrad: takes 0 arguments, these are 1');
  expect(() => call(schedule, 'step')).toThrow('StepLR.step: takes 0 arguments, these are 1');
  expect(() => call(chained, 'step')).toThrow('ChainedScheduler.step: takes 0 arguments, these are 1');
  expect(() => call(new nn.Linear(1, 1), 'eval')).toThrow('eval: takes 0 arguments, these are 1');
  expect(() => call(new nn.Linear(1, 1), 'zeroGrad')).toThrow('zeroGrad: takes 0 arguments, these are 1');
});

test('a closure is called once, with gradients recorded, and its loss is returned', () => {
  const p = tensor([3], { requiresGrad: true });
  const sgd = new optim.SGD([p], { lr: 0.5 });
  let calls = 0;
  const closure = (): Tensor => {
    calls++;
    sgd.zeroGrad();
    const loss = p.square().sum();
    loss.backward();
    return loss;
  };
  expect(noGrad(() => sgd.step(closure))?.item()).toBe(9);
  expect([calls, p.item(), sgd.step()]).toEqual([1, 0, undefined]);
});
