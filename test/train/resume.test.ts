/** Checkpoints: a run that is cut off and goes on ends with the bits of one that was not. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  crossEntropy,
  DataLoader,
  decodeSafetensors,
  encodeSafetensors,
  FileError,
  Generator,
  keep,
  manualSeed,
  nn,
  optim,
  randn,
  tensor,
  TensorDataset,
  ValueError,
  type Tensor,
} from 'phyllo';
import { checkpoints, earlyStopping, fit, type Callback, type History } from 'phyllo/train';
import type { Metric } from 'phyllo/metrics';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyllo-resume-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The share of rows whose largest number is at the target's place. */
class Hits implements Metric {
  readonly name = 'hits';
  readonly better = 'higher';
  private seen = 0;
  private hits = 0;
  update(output: Tensor, target: Tensor): void {
    this.seen += target.size;
    this.hits += output.argmax(1).eq(target).sum().item();
  }
  compute(): number {
    return this.hits / this.seen;
  }
  reset(): void {
    [this.seen, this.hits] = [0, 0];
  }
  state(): unknown {
    return [this.seen, this.hits];
  }
  load(state: unknown): void {
    [this.seen = 0, this.hits = 0] = Object(state);
  }
}

interface Setting {
  readonly eager?: boolean;
  readonly accumulate?: number;
  readonly stopAt?: number;
  readonly resume?: string | Uint8Array;
  readonly epochs?: number;
  readonly callbacks?: Callback[];
}

/** A network with dropout and batch statistics, Adam, a schedule, orders and noise in the data: all that is random or counts. */
async function run(setting: Setting): Promise<{ fingerprint: unknown; history: History }> {
  const { eager = false, accumulate = 1, stopAt, resume, epochs = 4, callbacks = [] } = setting;
  manualSeed(11);
  const generator = new Generator(3);
  const model = new nn.Sequential(
    new nn.Linear(5, 8, { generator }),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(8, 3, { generator }),
  );
  const from = new Generator(1);
  const x = keep(randn([50, 5], { generator: from }));
  const t = keep(tensor(Int32Array.from({ length: 50 }, (_, i) => i % 3)));
  const train = new DataLoader(new TensorDataset(x, t), {
    batchSize: 8,
    shuffle: true,
    seed: 4,
    transform: ([a, b]) => [a.add(randn(a.shape).mul(0.1)), b] as const,
  });
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
  const controller = new AbortController();
  const stopper: Callback = {
    name: 'stopper',
    batchEnd: r => void (r.steps === stopAt && controller.abort()),
  };
  const history = await fit(model, {
    train,
    validation: [x, t],
    loss: crossEntropy,
    optimizer,
    schedule: new optim.CosineAnnealingLR(optimizer, 28),
    scheduleEvery: 'step',
    metrics: { hits: new Hits() },
    callbacks: [checkpoints({ folder, everySteps: 3, keep: 3 }), ...callbacks, stopper],
    epochs,
    accumulate,
    eager,
    progress: false,
    signal: controller.signal,
    ...(resume !== undefined && { resume }),
  });
  const tensors = { ...model.stateDict(), ...optimizer.stateDict() };
  const withoutTime = history.epochs.map(e => ({ ...e, seconds: 0 }));
  return {
    fingerprint: [
      Object.entries(tensors).map(([name, v]) => [name, [...v.toArray()]]),
      withoutTime,
      [...randn([4]).toArray()],
    ],
    history,
  };
}

describe('a run that goes on', () => {
  const cases = [false, true].flatMap(eager => [1, 2, 7, 8, 14, 17].map(stopAt => ({ eager, stopAt })));
  test.each(cases)('ends as if there had been no break: %o', async ({ eager, stopAt }) => {
    const whole = await run({ eager });
    rmSync(folder, { recursive: true });
    const cut = await run({ eager, stopAt });
    expect(cut.history.stopped).toBe('aborted');
    const { fingerprint, history } = await run({ eager, resume: folder });
    expect(history).toMatchObject({ stopped: null, steps: 28 });
    expect(fingerprint).toEqual(whole.fingerprint);
  });

  test('in the middle of an epoch whose steps gather batches', async () => {
    const whole = await run({ accumulate: 3 });
    rmSync(folder, { recursive: true });
    await run({ accumulate: 3, stopAt: 4 });
    expect((await run({ accumulate: 3, resume: folder })).fingerprint).toEqual(whole.fingerprint);
  });

  test('with what its callbacks remember', async () => {
    const patience = (): Callback[] => [earlyStopping({ monitor: 'validation.hits', patience: 2 })];
    const whole = await run({ epochs: 30, callbacks: patience() });
    expect(whole.history.stopped).toMatch(/no better epoch than \d+ for 2 epochs/);
    rmSync(folder, { recursive: true });
    await run({ epochs: 30, callbacks: patience(), stopAt: 10 });
    const resumed = await run({ epochs: 30, callbacks: patience(), resume: folder });
    expect(resumed.history.stopped).toBe(whole.history.stopped);
    expect(resumed.fingerprint).toEqual(whole.fingerprint);
  });

  test('for more epochs than it was to have', async () => {
    const whole = await run({ epochs: 5 });
    rmSync(folder, { recursive: true });
    await run({ epochs: 3 });
    expect((await run({ epochs: 5, resume: folder })).fingerprint).toEqual(whole.fingerprint);
  });
});

describe('files', () => {
  const names = (): string[] => readdirSync(folder).sort();

  test('the last ones stay, and the best epoch’s weights', async () => {
    const callbacks = [{ ...checkpoints({ folder, keep: 2, monitor: 'validation.hits' }), name: 'more' }];
    await run({ callbacks });
    expect(names()).toEqual(['best.safetensors', 'step-000000000027.safetensors', 'step-000000000028.safetensors']);
    const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, 'best.safetensors')));
    expect(Object.keys(tensors)).toContain('0.weight');
    expect(Number(metadata['validation.hits'])).toBeGreaterThan(0);
  });

  test('an empty folder, or none, is the beginning', async () => {
    const { history } = await run({ epochs: 1, resume: join(folder, 'none') });
    expect(history.steps).toBe(7);
  });

  test('one that is damaged is named, and the one before is used', async () => {
    const whole = await run({});
    rmSync(folder, { recursive: true });
    await run({ stopAt: 17 });
    const newest = join(folder, names().at(-1)!);
    writeFileSync(newest, readFileSync(newest).subarray(0, 1000));
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { fingerprint } = await run({ resume: folder });
    expect(warn.mock.calls.flat().join()).toContain(newest);
    warn.mockRestore();
    expect(fingerprint).toEqual(whole.fingerprint);
  });

  test('every damage is refused by the name of the file', async () => {
    await run({ epochs: 1 });
    const good = readFileSync(join(folder, names().at(-1)!));
    const { tensors, metadata } = decodeSafetensors(good, 'x', { convert: false });
    const again = (texts: Record<string, string>): Uint8Array => encodeSafetensors(tensors, { ...metadata, ...texts });
    const flipped = (at: number): Uint8Array => {
      const bytes = Uint8Array.from(good);
      bytes[at]! ^= 1;
      return bytes;
    };
    const damaged: Uint8Array[] = [
      new Uint8Array(),
      good.subarray(0, 7),
      good.subarray(0, good.length - 1),
      Uint8Array.from([...good, 0]),
      ...[9, 40, 200, 500, 900].map(flipped),
      ...[0.5, 0.7, 0.9, 0.99].map(share => flipped(Math.floor(share * good.length))),
      flipped(good.length - 1),
      encodeSafetensors(tensors),
      again({ version: '2' }),
      again({ format: 'of another' }),
      again({ state: '{}' }),
      again({ checksum: '00000000' }),
      new TextEncoder().encode('{"weights": [1, 2, 3]}'),
    ];
    for (const [i, bytes] of damaged.entries()) {
      const file = join(folder, `damaged-${i}.safetensors`);
      writeFileSync(file, bytes);
      const error: unknown = await run({ resume: file }).catch((e: unknown) => e);
      expect(error, `damage ${i}`).toBeInstanceOf(FileError);
      expect(String(error)).toContain(file);
    }
    expect(damaged.length).toBeGreaterThanOrEqual(20);
  });

  test('of another model, one says what differs, and nothing is loaded', async () => {
    await run({ epochs: 1 });
    const bytes = readFileSync(join(folder, names().at(-1)!));
    const model = new nn.Linear(5, 3);
    const before = [...model.weight.toArray()];
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const x = randn([4, 5]);
    const t = tensor(Int32Array.of(0, 1, 2, 0));
    const resumed = fit(model, {
      train: [x, t],
      loss: crossEntropy,
      optimizer,
      epochs: 2,
      progress: false,
      resume: bytes,
    });
    await expect(resumed).rejects.toThrow(ValueError);
    expect([...model.weight.toArray()]).toEqual(before);
  });

  test('a file that is not there is an error', async () => {
    await expect(run({ resume: join(folder, 'none.safetensors') })).rejects.toThrow(FileError);
  });
});
