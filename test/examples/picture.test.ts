import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Resvg } from '@resvg/resvg-js';
import { decode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileError } from 'phyllo';
import { ensureFolder } from '../../examples/files';
import { classTable, confusionTable, progress, type Output } from '../../examples/mnist/console';
import { picture, png } from '../../examples/mnist/picture';
import { count, duration, percent, type Mistake, type Report } from '../../examples/mnist/report';
import { filters } from '../../examples/mnist/tiles';

const digits = [...'0123456789'];

/** Row i has 900 + i right; every off-diagonal count is different from the others or zero. */
const confusion = digits.map((_, i) => digits.map((_, j) => (i === j ? 900 + i : (i + j) % 3 === 0 ? 0 : 10 * i + j)));

function mistake(i: number): Mistake {
  const image = Uint8Array.from({ length: 784 }, (_, p) => (p * (i + 1)) % 256);
  return { image, actual: i % 10, predicted: (i + 1) % 10, probability: 0.999 - 0.01 * i };
}

function report(epochs: number, changes: Partial<Report> = {}): Report {
  return {
    model: 'LeNet-5',
    dataset: 'MNIST',
    classNames: digits,
    testAccuracy: 0.98765,
    trainingSeconds: 75,
    samplesPerSecond: 12345.6,
    history: Array.from({ length: epochs }, (_, e) => ({
      trainLoss: 0.3 / (e + 1),
      trainAccuracy: 0.99 - 0.1 / (e + 1),
      validationLoss: 0.2 / (e + 1),
      validationAccuracy: 0.98 - 0.05 / (e + 1),
    })),
    confusion,
    perClass: digits.map((name, i) => ({ name, precision: 0.9, recall: 0.95, f1: 0.92 + i / 1000, support: 1000 + i })),
    filters: Array.from({ length: 6 }, (_, k) => Float32Array.from({ length: 25 }, (_, i) => Math.sin(k + i))),
    mistakes: Array.from({ length: 24 }, (_, i) => mistake(i)),
    ...changes,
  };
}

/** What a reader sees: the contents of the text elements, one a line. */
function texts(svg: string): string[] {
  return Array.from(svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs), ([, content = '']) => content.replace(/<[^>]*>/g, ''));
}

/** The points of every curve of a colour, in the order of the plots. */
function lines(svg: string, colour: string): { x: number; y: number }[][] {
  const paths = svg.matchAll(new RegExp(`<path[^>]* d="([^"]*)" stroke="${colour}" stroke-width="2"`, 'g'));
  return Array.from(paths, ([, d = '']) =>
    Array.from(d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g), ([, x, y]) => ({ x: Number(x), y: Number(y) })),
  );
}

describe('picture', () => {
  test('is well-formed and says what the report says', async () => {
    const svg = await picture(report(12));
    expect(new Resvg(svg, { font: { loadSystemFonts: false } }).width).toBe(1200); // a strict XML parser
    const shown = texts(svg);
    const panels = [
      'Loss',
      'Accuracy',
      'Confusion matrix',
      'Precision and recall',
      'First-layer filters',
      'Worst mistakes',
    ];
    const labels = ['training', 'validation', 'epoch', 'actual', 'predicted', 'precision', 'recall', 'F1', 'support'];
    const figures = ['98.77%', '1 min 15 s', '12,346', '12', '92.90%', '1,009', '−1.0', '+1.0'];
    expect(shown).toEqual(expect.arrayContaining(['LeNet-5 on MNIST', ...panels, ...labels, ...figures]));
    expect(shown).toContain('at the end: training 0.0250, validation 0.0167');
    expect(shown).toEqual(expect.arrayContaining(confusion.flat().map(n => (n === 0 ? '·' : String(n)))));
    expect(shown).toContain('0 → 1 (99.9%)');
    expect(shown).toContain('3 → 4 (76.9%)');
  });

  test.each([2, 12, 50])('%i epochs are as many points on each curve, and they go the right way', async epochs => {
    const svg = await picture(report(epochs));
    for (const colour of ['#0072b2', '#d55e00']) {
      const [loss = [], accuracy = [], ...others] = lines(svg, colour);
      expect([loss.length, accuracy.length, others.length]).toEqual([epochs, epochs, 0]);
      for (let i = 1; i < epochs; i++) {
        expect(loss[i]!.y).toBeGreaterThan(loss[i - 1]!.y); // y points down: the loss falls
        expect(accuracy[i]!.y).toBeLessThan(accuracy[i - 1]!.y);
        expect(accuracy[i]!.x).toBeGreaterThan(accuracy[i - 1]!.x);
      }
    }
  });

  test('the two sets share a linear scale and are not mixed up', async () => {
    const svg = await picture(report(2));
    const rise = (curve: { y: number }[] = []): number => curve[1]!.y - curve[0]!.y;
    const [training, validation] = [lines(svg, '#0072b2'), lines(svg, '#d55e00')];
    expect(rise(validation[0]) / rise(training[0])).toBeCloseTo(0.1 / 0.15, 2);
    expect(rise(validation[1]) / rise(training[1])).toBeCloseTo(0.025 / 0.05, 2);
  });

  test('one epoch shows its points inside the plots', async () => {
    const symbols = Array.from((await picture(report(1))).matchAll(/class="mark-symbol role-mark[^>]*>(.*?)<\/g>/gs));
    const points = symbols
      .slice(0, 2)
      .flatMap(([, marks = '']) =>
        Array.from(marks.matchAll(/translate\(([\d.-]+),([\d.-]+)\)/g), ([, x, y]) => [Number(x), Number(y)] as const),
      );
    expect(points).toHaveLength(4);
    for (const [x, y] of points) {
      expect(x).toBeGreaterThan(100);
      expect(x).toBeLessThan(372);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(170);
    }
  });

  test('tiles hold the images, ink dark on white, and stop at 24', async () => {
    const svg = await picture(report(1, { mistakes: Array.from({ length: 30 }, (_, i) => mistake(i)) }));
    const images = Array.from(svg.matchAll(/base64,([^"]+)"/g), ([, data = '']) => decode(Buffer.from(data, 'base64')));
    expect(images).toHaveLength(24);
    images.forEach(({ width, height, data }, i) => {
      expect([width, height]).toEqual([28, 28]);
      expect(Array.from(data)).toEqual(Array.from(mistake(i).image, v => 255 - v));
    });
  });

  test('a run that went wrong, or perfectly, still gives a picture', async () => {
    const nan = { trainLoss: NaN, trainAccuracy: 0.1, validationLoss: NaN, validationAccuracy: 0.1 };
    const broken = await picture(
      report(1, {
        model: `<Le"Net> & Co`,
        history: [nan, nan],
        perClass: digits.map(name => ({ name, precision: NaN, recall: 0, f1: NaN, support: 0 })),
        filters: [new Float32Array(25).fill(NaN), new Float32Array(25)],
      }),
    );
    expect(png(broken).length).toBeGreaterThan(0);
    expect(texts(broken)).toContain('&lt;Le&quot;Net&gt; &amp; Co on MNIST');
    expect(broken).not.toMatch(/(?<!(training|validation) )(NaN|undefined|Infinity)/);

    const perfect = await picture(
      report(1, { mistakes: [], confusion: digits.map((_, i) => digits.map((_, j) => (i === j ? 1 : 0))) }),
    );
    expect(texts(perfect)).toContain('None: every test image was classified correctly.');
    expect(texts(perfect)).toContain('test set: 0 of 10 wrong (orange)');
  });

  test('filters are white at 0 and fully coloured at the largest magnitude of either sign', () => {
    const svg = filters([[-2, 0, 1, 2]], { width: 100, height: 80 });
    const cells = Array.from(svg.matchAll(/<rect [^>]*fill="(#[0-9a-f]{6})"\/>/g), ([, fill]) => fill);
    expect(cells).toEqual(['#0072b2', '#ffffff', '#eaaf80', '#d55e00']);
  });
});

describe('png', () => {
  test('has the signature and twice the size of the SVG', async () => {
    const svg = await picture(report(3));
    const bytes = Buffer.from(png(svg));
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    const height = Number(/ height="(\d+)"/.exec(svg)?.[1]);
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2400, 2 * height]);
  });

  test.each([400, 600])('draws text of weight %i without the fonts of the machine', weight => {
    const svg = (content: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" fill="#fff"/>` +
      `<text y="15" font-family="Inter" font-weight="${weight}">${content}</text></svg>`;
    const dark = (content: string) => decode(png(svg(content))).data.filter(v => v < 128).length;
    expect(dark('')).toBe(0);
    expect(dark('→ 98%')).toBeGreaterThan(dark('98%'));
    expect(dark('98%')).toBeGreaterThan(100);
  });
});

describe('tables', () => {
  const cells = (line: string | undefined): string[] => (line ?? '').trim().split(/\s+/);

  test('confusionTable has the counts and the sums of rows and columns', () => {
    const table = confusionTable(
      [
        [5, 0, 2],
        [1, 70, 0],
        [0, 3, 9],
      ],
      ['cat', 'dog', 'emu'],
    ).split('\n');
    expect(cells(table[0])).toEqual(['predicted']);
    expect(cells(table[1])).toEqual(['actual', 'cat', 'dog', 'emu', 'total']);
    expect(cells(table[2])).toEqual(['cat', '5', '·', '2', '7']);
    expect(cells(table[3])).toEqual(['dog', '1', '70', '·', '71']);
    expect(cells(table[4])).toEqual(['emu', '·', '3', '9', '12']);
    expect(cells(table[5])).toEqual(['total', '6', '73', '11', '90']);
    expect(new Set(table.slice(1).map(line => line.length)).size).toBe(1);
  });

  test('classTable has the means and the total support', () => {
    const table = classTable([
      { name: 'cat', precision: 1, recall: 0.5, f1: 2 / 3, support: 8 },
      { name: 'dog', precision: 0.5, recall: 1, f1: 2 / 3, support: 12 },
    ]).split('\n');
    expect(cells(table[1])).toEqual(['cat', '100.00%', '50.00%', '66.67%', '8']);
    expect(cells(table[3])).toEqual(['mean', '75.00%', '75.00%', '66.67%', '20']);
  });

  test('figures', () => {
    expect([percent(0.98765), percent(NaN), percent(0.5, 0)]).toEqual(['98.77%', '–', '50%']);
    expect([count(1234567.8), count(0)]).toEqual(['1,234,568', '0']);
    expect([0, 59.94, 59.96, 75, 3599.7, 7320].map(duration)).toEqual([
      '0.0 s',
      '59.9 s',
      '1 min 0 s',
      '1 min 15 s',
      '1 h 0 min',
      '2 h 2 min',
    ]);
  });
});

describe('progress', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function recorder(properties: { isTTY?: boolean; columns?: number }): { output: Output; written: () => string } {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    return { output: Object.assign(stream, properties), written: () => chunks.join('') };
  }

  const epoch = { trainLoss: 0.25, trainAccuracy: 0.9, validationLoss: 0.125, validationAccuracy: 0.95 };

  /** One epoch of 1,000 samples in batches of 10, each taking `ms`. */
  function train(bar: ReturnType<typeof progress>, number: number, ms: number): void {
    bar.start(number);
    for (let seen = 10; seen <= 1000; seen += 10) {
      vi.advanceTimersByTime(ms);
      bar.update(seen, 0.5, 0.75);
    }
    bar.done(epoch);
  }

  test('off a terminal: a line a tenth when slow, the last line alone when fast, no control characters', () => {
    const { output, written } = recorder({});
    const bar = progress({ epochs: 12, samples: 1000 }, output);
    train(bar, 1, 250);
    train(bar, 2, 1);
    const printed = written().split('\n');
    expect(printed).toHaveLength(9 + 1 + 1 + 1);
    expect(printed[0]).toBe('epoch  1/12  10%  loss 0.5000  acc 75.00%  40 samples/s  0:23 left');
    expect(printed[8]).toMatch(/^epoch  1\/12  90%/);
    expect(printed[9]).toBe('epoch  1/12  train loss 0.2500 acc 90.00%  validation loss 0.1250 acc 95.00%  25.0 s');
    expect(printed[10]).toMatch(/^epoch  2\/12  train loss/);
    expect(printed[11]).toBe('');
    expect(written()).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  test.each([40, 120])('on a terminal of %i columns: a bar that fits and gives way to a line', columns => {
    const { output, written } = recorder({ isTTY: true, columns });
    const listeners = process.listenerCount('SIGINT');
    const bar = progress({ epochs: 1, samples: 1000 }, output);
    bar.start(1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    vi.advanceTimersByTime(500);
    bar.update(500, 0.5, 0.75);
    vi.advanceTimersByTime(500);
    const drawn = written().split(/\x1b(?:\[\d*[A-Z]|\d)/);
    expect(Math.max(...drawn.map(line => line.length))).toBeLessThan(columns);
    const last = drawn.filter(line => line.length > 0).at(-1);
    if (columns === 120) expect(last).toMatch(/█{15}░{15} 50%  loss 0\.5000  acc 75\.00%  1,000 samples\/s  0:01 left/);
    bar.done(epoch);
    expect(written()).toMatch(/\x1b\[2Kepoch 1\/1  train loss 0\.2500/);
    expect(written()).not.toContain('\x1b[?'); // no mode to restore: neither cursor nor line wrapping
  });

  test('leaving the block before the epoch is over leaves no timer to keep the process alive', () => {
    {
      using bar = progress({ epochs: 1, samples: 10 }, recorder({ isTTY: true }).output);
      bar.start(1);
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('no samples and no batches', () => {
    const { output, written } = recorder({});
    const bar = progress({ epochs: 1, samples: 0 }, output);
    bar.start(1);
    bar.update(0, NaN, NaN);
    bar.done(epoch);
    expect(written()).toMatch(/^epoch 1\/1  train loss.*\n$/);
  });
});

describe('ensureFolder', () => {
  let folder = '';
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'phyllo-files-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function expectRefused(path: string, reason: string): void {
    expect(() => ensureFolder(path)).toThrow(FileError);
    expect(() => ensureFolder(path)).toThrow(
      `${path === '' ? "''" : path}: no folder that files can be made in: ${reason}`,
    );
  }

  test('makes parents, and again', () => {
    const path = join(folder, 'a', 'b');
    ensureFolder(path);
    ensureFolder(path);
    expect(readdirSync(path)).toEqual([]);
  });

  test('says why not', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expectRefused(file, 'EEXIST');
    expectRefused(join(file, 'below'), 'ENOTDIR');
    expectRefused('', 'ENOENT');
  });

  test('refuses a folder that may not be written to', () => {
    chmodSync(folder, 0o555);
    asNobody(() => {
      expectRefused(folder, 'EACCES');
      expectRefused(join(folder, 'new'), 'EACCES');
    });
    chmodSync(folder, 0o755);
    expect(readdirSync(folder)).toEqual([]);
  });

  /** Root may write everywhere. */
  function asNobody(work: () => void): void {
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      work();
    } finally {
      if (root) process.seteuid?.(0);
    }
  }
});
