/** What cannot be captured says so, with the line it is in, and leaves everything as it was. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  capture,
  CaptureError,
  DataLoader,
  keep,
  manualSeed,
  nn,
  ones,
  optim,
  permutation,
  randperm,
  TensorDataset,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { beforeEach, expect, test } from 'vitest';
import { failure, list, onEachBackend } from '../toy';
import { here, w } from './places';

onEachBackend('on %s', () => {
  const loader = new DataLoader(new TensorDataset(ones([4, 2])), { batchSize: 2, shuffle: true });
  const outside = { tensor: zeros([2]) };

  // Each notes its line before it fails there.
  const reads: Readonly<
    Record<string, readonly [f: (x: Tensor, at: (line: number) => void) => unknown, text: RegExp]>
  > = {
    item: [
      (x, at) => (at(here()), x.mul(x.sum().item())),
      /item: .* reads elements.*return the tensor and read it outside/,
    ],
    toArray: [(x, at) => (at(here()), x.toArray()), /toArray: .* reads elements.*return the tensor/],
    'toArray of a tensor outside': [
      (x, at) => (at(here()), x.mul(outside.tensor.toArray()[0]!)),
      /go on with these numbers for ever/,
    ],
    set: [(x, at) => (at(here()), x.set([1, 2])), /set: .* writes elements.*as an argument, or use copy_\(\)/],
    'set of a tensor outside': [(x, at) => (at(here()), outside.tensor.set([1, 2]), x), /writes elements/],
    manualSeed: [(x, at) => (at(here()), manualSeed(1), x), /writes elements/],
    randperm: [(x, at) => (at(here()), x.indexSelect(0, randperm(2))), /reads elements/],
    permutation: [(x, at) => (at(here()), permutation(2), x), /reads elements/],
    'iterating a shuffled loader': [
      (x, at) => {
        let y = x;
        at(here() + 1);
        for (const [b] of loader) y = y.add(b!.sum(0));
        return y;
      },
      /reads elements/,
    ],
    'a learning rate set inside': [
      (x, at) => {
        at(here() + 1);
        optimizer().lr = 0.1;
        return x;
      },
      /writes elements .*a plan would write them once/,
    ],
  };
  let made: optim.SGD | null = null;
  const optimizer = (): optim.SGD => made!;
  beforeEach(() => {
    made = new optim.SGD([w()], { lr: 1 });
    outside.tensor = keep(zeros([2]));
  });

  test.each(Object.entries(reads))('%s: CaptureError, with the line and what to do', (_, [f, text]) => {
    let line = 0;
    const x = keep(tensor([3, 4]));
    const captured = capture((x: Tensor) => f(x, at => (line = at)));
    for (let i = 0; i < 2; i++) {
      failure(() => captured(x), CaptureError, text);
      failure(() => captured(x), CaptureError, new RegExp(`at \\S*plan-errors\\.test\\.ts:${line}:\\d+`));
    }
    expect(line).toBeGreaterThan(0);
    expect([list(x), list(outside.tensor), captured.plans.length]).toEqual([[3, 4], [0, 0], 0]);
  });

  test('data(): the Promise is rejected with it', async () => {
    let data: Promise<unknown> = Promise.resolve();
    const f = capture((x: Tensor) => {
      data = x.mul(2).data();
      return x;
    });
    f(ones([2]));
    await expect(data).rejects.toThrow(/reads elements at \S*plan-errors\.test\.ts/);
    await expect(data).rejects.toBeInstanceOf(CaptureError);
  });

  test('a Promise', () => {
    const f = capture(async (x: Tensor) => {
      await null;
      return x;
    });
    const line = here() + 1;
    const call = () => f(ones([2]));
    failure(
      call,
      CaptureError,
      new RegExp(`at \\S*plan-errors\\.test\\.ts:${line}:\\d+ returned a Promise.*read data outside`),
    );
    failure(() => f.plan(ones([2])), CaptureError, /returned a Promise/);
  });

  test('within a module: the line there, the line of the function, and the layer', () => {
    class Inner extends nn.Layer {
      line = 0;
      forward(x: Tensor): Tensor {
        return x.mul(x.sum().item());
      }
    }
    class Outer extends nn.Layer {
      readonly blocks = [new nn.ReLU(), new Inner()];
      forward(x: Tensor): Tensor {
        return this.blocks.reduce((h, b) => b.forward(h), x);
      }
    }
    const net = new Outer();
    const own = here() + 1;
    const f = capture((x: Tensor) => net.forward(x));
    const at = '\\S*plan-errors\\.test\\.ts';
    failure(
      () => f(ones([2])),
      CaptureError,
      new RegExp(`item \\(blocks\\.1\\): .* at ${at}:${own - 11}:\\d+, called at ${at}:${own}:\\d+`),
    );
  });
});

test('from the bundle too', { timeout: 60_000 }, async () => {
  const child = fileURLToPath(new URL('plan-errors.child.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child], { cwd: dirname(dirname(child)) });
  const at = '\\S*plan-errors\\.child\\.mjs';
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^item: CaptureError: item: .* reads elements at ${at}:16:\\d+; .*outside$`)),
    expect.stringMatching(
      new RegExp(`^forward: CaptureError: item \\(inner\\): .* at ${at}:7:\\d+, called at ${at}:17:\\d+;`),
    ),
    expect.stringMatching(new RegExp(`^promise: CaptureError: capture: .* called at ${at}:22:\\d+ returned a Promise`)),
    '',
  ]);
});
