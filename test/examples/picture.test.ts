import { Resvg } from '@resvg/resvg-js';
import { decode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { picture, png } from '../../examples/mnist/picture';
import type { Mistake, Report } from '../../examples/mnist/report';
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
