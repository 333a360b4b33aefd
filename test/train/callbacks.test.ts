/** Callbacks beside naive formulas, and their files as others read them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { PbfReader } from 'pbf';
import {
  crossEntropy,
  Generator,
  keep,
  nn,
  optim,
  randn,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import {
  bestWeights,
  csvLog,
  earlyStopping,
  exponentialAverage,
  fit,
  jsonLines,
  progress,
  stochasticAverage,
  stopOnNaN,
  SummaryWriter,
  tensorBoard,
  type Callback,
  type History,
  type Output,
} from 'phyllo/train';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyllo-callbacks-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const x = keep(randn([24, 5], { generator: new Generator(1) }));
const t = keep(tensor(Int32Array.from({ length: 24 }, (_, i) => (i * 5) % 3)));
const linear = (): nn.Linear => new nn.Linear(5, 3, { generator: new Generator(2) });
const numbers = (t: Tensor): number[] => [...t.toArray()];

function run(callbacks: Callback[], more: { epochs?: number; lr?: number; model?: nn.Linear } = {}): Promise<History> {
  const { epochs = 3, lr = 0.1, model = linear() } = more;
  const optimizer = new optim.SGD(model.parameters(), { lr });
  const options = { train: [x, t], validation: [x, t], batchSize: 8, seed: 1, loss: crossEntropy, optimizer, epochs };
  return fit(model, { ...options, callbacks, progress: false });
}
/** Notes the weights at an event. */
function noting(event: 'batchEnd' | 'epochEnd'): Callback & { readonly weights: number[][] } {
  const weights: number[][] = [];
  return {
    name: 'noting',
    weights,
    [event]: ({ model }: { model: nn.Module }) => void weights.push(numbers(model.parameters()[0]!)),
  };
}

describe('the best epoch', () => {
  /** Steps of 40 make it worse and worse after the first. */
  test('is what the model is left with', async () => {
    for (const make of [bestWeights, earlyStopping]) {
      const [model, noted, best] = [linear(), noting('epochEnd'), make({ monitor: 'validation.loss' })];
      const history = await run([best, noted], { model, lr: 40, epochs: 6 });
      const losses = history.epochs.map(e => e.validation!.loss);
      const index = losses.indexOf(Math.min(...losses));
      expect(best).toMatchObject({ bestEpoch: index + 1, bestScore: losses[index] });
      expect(numbers(model.weight)).toEqual(noted.weights[index]);
    }
  });
  test('ends the run when none better comes, by as much as is asked', async () => {
    const stop = earlyStopping({ monitor: 'train.loss', minDelta: 10, patience: 2, restoreBest: false });
    expect(await run([stop], { epochs: 9 })).toMatchObject({
      stopped: 'no better epoch than 1 for 2 epochs',
      epochs: { length: 3 },
    });
    const higher = earlyStopping({ monitor: 'validation.loss', mode: 'max', patience: 1 });
    expect((await run([higher], { epochs: 9 })).epochs.length).toBe(2);
  });
  test('needs a number of the history', async () => {
    await expect(run([bestWeights({ monitor: 'validation.accuracy' })])).rejects.toThrow(
      'there is no number validation.accuracy',
    );
    expect(() => earlyStopping({ patience: 0 })).toThrow(ValueError);
  });
});

describe('averages', () => {
  test('by a decay, over steps', async () => {
    const [model, noted] = [linear(), noting('batchEnd')];
    await run([exponentialAverage({ decay: 0.9 }), noted], { model });
    const mean = noted.weights.slice(1).reduce((a, w) => a.map((v, i) => 0.9 * v + 0.1 * w[i]!), noted.weights[0]!);
    numbers(model.weight).forEach((v, i) => expect(v).toBeCloseTo(mean[i]!, 6));
  });
  test('of epochs from one on', async () => {
    const [model, noted] = [linear(), noting('epochEnd')];
    await run([stochasticAverage({ from: 2 }), noted], { model, epochs: 4 });
    const late = noted.weights.slice(1);
    numbers(model.weight).forEach((v, i) =>
      expect(v).toBeCloseTo(
        late.reduce((sum, w) => sum + w[i]! / 3, 0),
        6,
      ),
    );
  });
});

describe('logs', () => {
  test('CSV and JSON lines have each epoch', async () => {
    const history = await run([csvLog(join(folder, 'a.csv')), jsonLines(join(folder, 'a.jsonl'))]);
    const [head, ...lines] = readFileSync(join(folder, 'a.csv'), 'utf8').trimEnd().split('\n');
    expect(head).toBe('epoch,train.loss,validation.loss,lr,samples,seconds');
    expect(lines.map(line => line.split(',').slice(0, 3).map(Number))).toEqual(
      history.epochs.map(e => [e.epoch, e.train.loss, e.validation!.loss]),
    );
    const read = readFileSync(join(folder, 'a.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(read).toEqual(history.epochs);
  });

  test('progress is lines where there is no terminal, and a bar that leaves one line on one', async () => {
    const written: string[] = [];
    const output: Output = { write: text => written.push(text) };
    await run([progress({ output })]);
    expect(written.length).toBe(3);
    expect(written[2]).toMatch(/^epoch 3\/3 {2}train loss \d\.\d{4} {2}validation loss \d\.\d{4} {2}0\.\d s\n$/);
    written.length = 0;
    await run([progress({ output: { ...output, isTTY: true, columns: 60 } })]);
    const bars = written.filter(text => text.startsWith('\r\x1b[K') && text.length > 4);
    expect(bars.length).toBeGreaterThan(0);
    for (const bar of bars) expect(bar.slice(4).length).toBeLessThan(60);
    const shown = written
      .join('')
      .split('\n')
      .map(line => line.split('\x1b[K').at(-1)!);
    expect(shown.filter(line => line !== '').length).toBe(3);
  });
});

/** The records of an event file, by the format's own description, with their checksums compared. */
function eventsOf(file: string): Map<number, unknown>[] {
  const bytes = readFileSync(file);
  const found: Map<number, unknown>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    found.push(fieldsOf(data));
    at += 16 + length;
  }
  return found;
}
/** CRC-32C bit by bit, then rotated and shifted as TFRecord does. */
function maskedCrc(bytes: Uint8Array): number {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = (c >>> 1) ^ (c & 1 ? 0x82f63b78 : 0);
  }
  c = ~c >>> 0;
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0;
}
/** A message's fields by number; the last of each. */
function fieldsOf(data: Uint8Array): Map<number, unknown> {
  const pbf = new PbfReader(data);
  const fields = new Map<number, unknown>();
  while (pbf.pos < pbf.length) {
    const tag = pbf.readVarint();
    const read = [
      () => pbf.readVarint(),
      () => pbf.readDouble(),
      () => pbf.readBytes(),
      null,
      null,
      () => pbf.readFloat(),
    ][tag & 7];
    fields.set(tag >> 3, read?.());
  }
  return fields;
}
const inner = (fields: Map<number, unknown>, ...path: number[]): Map<number, unknown> =>
  path.reduce((m, field) => fieldsOf(m.get(field) as Uint8Array), fields);

describe('TensorBoard', () => {
  const file = (): string => join(folder, readdirSync(folder)[0]!);

  test('the checksum is that of the published example', () => {
    // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 8a9136aa.
    const c = 0x8a9136aa;
    expect(maskedCrc(new Uint8Array(32))).toBe((((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0);
  });

  test('scalars, histograms and images are there', async () => {
    const writer = new SummaryWriter(folder);
    writer.addScalar('loss', 0.5, 7);
    writer.addHistogram('weights', tensor([0, 1, 1, 3, Infinity]), 8);
    writer.addImage(
      'picture',
      tensor([
        [
          [0, 1, 0.5],
          [1, 0, 2],
        ],
      ]),
      9,
    );
    await writer.flush();
    writer.addScalar('loss', 0.25, 10);
    await writer.flush();
    const [version, scalar, histogram, image, later] = eventsOf(file());
    expect(new TextDecoder().decode(version!.get(3) as Uint8Array)).toBe('brain.Event:2');
    expect([scalar!.get(2), inner(scalar!, 5, 1).get(2)]).toEqual([7, 0.5]);
    expect(new TextDecoder().decode(inner(scalar!, 5, 1).get(1) as Uint8Array)).toBe('loss');
    const counts = inner(histogram!, 5, 1, 5);
    expect([1, 2, 3, 4, 5].map(field => counts.get(field))).toEqual([0, 3, 4, 5, 11]);
    const png = inner(image!, 5, 1, 4);
    expect([1, 2, 3].map(field => png.get(field))).toEqual([2, 3, 1]);
    expect([...decode(png.get(4) as Uint8Array).data]).toEqual([0, 255, 128, 255, 0, 255]);
    expect([later!.get(2), inner(later!, 5, 1).get(2)]).toEqual([10, 0.25]);
    expect(() => writer.addImage('picture', zeros([2, 3]), 1)).toThrow(ShapeError);
    expect(() => writer.addScalar('loss', 1, -1)).toThrow(ValueError);
  });

  test('a run writes its epochs, some steps and its parameters', async () => {
    await run([tensorBoard({ logDir: folder, everySteps: 2, histograms: true })]);
    const tags = eventsOf(file())
      .slice(1)
      .map(event => `${new TextDecoder().decode(inner(event, 5, 1).get(1) as Uint8Array)} ${event.get(2)}`);
    for (const tag of [
      'train/loss 3',
      'validation/loss 9',
      'batch/loss 2',
      'batch/loss 8',
      'weights/weight 6',
      'gradients/bias 9',
    ]) {
      expect(tags).toContain(tag);
    }
  });
});

describe('a loss that is NaN', () => {
  /** The logarithm of what is negative from the third layer on. */
  class Logarithm extends nn.Layer {
    forward(x: Tensor): Tensor {
      return x.sub(1e3).log();
    }
  }
  test('ends the run with the op and the layer that made it', async () => {
    const model = new nn.Sequential(new nn.Linear(5, 8), new nn.ReLU(), new Logarithm(), new nn.Linear(8, 3));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const before = numbers(model.parameters()[0]!);
    const error: unknown = await fit(model, {
      train: [x, t],
      loss: crossEntropy,
      optimizer,
      epochs: 1,
      callbacks: [stopOnNaN()],
      progress: false,
    }).catch((e: unknown) => e);
    expect(String(error)).toMatch(/loss is NaN at batch 1 of epoch 1.*log/);
    expect(String(error)).toContain('(2)');
    expect(numbers(model.parameters()[0]!)).toEqual(before);
  });
});
