import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import { classScores, confusionMatrix, curves } from './plots';
import { count, duration, percent, type Epoch, type Report } from './report';
import { blue, escapeXml, faint, fontFamily, grey, ink, text, type Size } from './svg';
import { filters, mistakes, mistakesHeight } from './tiles';

const width = 1200;
const margin = 24;
const gap = 16;
const half = (width - 2 * margin - gap) / 2;
const padding = 20;
const headingHeight = 48;

/** Where a card lies on the page, in pixels. */
interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/** A training run on one page, as an SVG 1200 pixels wide. */
export async function picture(report: Report): Promise<string> {
  const right = margin + half + gap;
  const loss: Box = { x: margin, y: 124, width: half, height: 290 };
  const accuracy: Box = { ...loss, x: right };
  const matrix: Box = { ...loss, y: below(loss), height: 584 };
  const scores: Box = { ...matrix, x: right, height: 392 };
  const kernels: Box = { ...scores, y: below(scores), height: matrix.height - scores.height - gap };
  const worst: Box = {
    x: margin,
    y: below(matrix),
    width: width - 2 * margin,
    height: headingHeight + mistakesHeight(report.mistakes.length) + padding,
  };
  const height = worst.y + worst.height + margin;

  const last = report.history.at(-1);
  const images = report.confusion.reduce((n, row) => n + sum(row), 0);
  const wrong = report.confusion.reduce((n, row, i) => n + sum(row) - (row[i] ?? 0), 0);
  const cards = await Promise.all([
    card(
      loss,
      'Loss',
      atTheEnd(last, 'Loss', loss => loss.toFixed(4)),
      size => curves(report, 'Loss', size),
    ),
    card(
      accuracy,
      'Accuracy',
      atTheEnd(last, 'Accuracy', share => percent(share)),
      size => curves(report, 'Accuracy', size),
    ),
    card(matrix, 'Confusion matrix', `test set: ${count(wrong)} of ${count(images)} wrong (orange)`, size =>
      confusionMatrix(report, size),
    ),
    card(scores, 'Precision and recall', 'of every class, test set', size => classScores(report, size)),
    card(kernels, 'First-layer filters', 'learned kernels of the first convolution', size =>
      filters(report.filters, size),
    ),
    card(worst, 'Worst mistakes', 'actual → predicted (probability given to the wrong answer)', size =>
      mistakes(report.mistakes, report.classNames, size),
    ),
  ]);

  const title = `${report.model} on ${report.dataset}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}"`,
    ` height="${height}" viewBox="0 0 ${width} ${height}" font-family="${fontFamily}" fill="${ink}" role="img">`,
    `<title>${escapeXml(title)}: ${percent(report.testAccuracy)} of the test set correct</title>`,
    `<rect width="${width}" height="${height}" fill="#f4f6f8"/>`,
    header(report, title),
    ...cards,
    '</svg>\n',
  ].join('\n');
}

/** An SVG as a PNG with two pixels for each of the SVG's; the text is set in a font of its own, not the machine's. */
export function png(svg: string): Uint8Array {
  const { resolve } = createRequire(import.meta.url);
  const fontFiles = ['400Regular/Inter_400Regular.ttf', '600SemiBold/Inter_600SemiBold.ttf'].map(file =>
    resolve(`@expo-google-fonts/inter/${file}`),
  );
  const font = { loadSystemFonts: false, fontFiles, defaultFontFamily: 'Inter' };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: 2 } }).render().asPng();
}

function header(report: Report, title: string): string {
  const figures = [
    [percent(report.testAccuracy), 'test accuracy'],
    [String(report.history.length), report.history.length === 1 ? 'epoch' : 'epochs'],
    [duration(report.trainingSeconds), 'training time'],
    [count(report.samplesPerSecond), 'samples/s'],
  ] as const;
  const column = 150;
  const start = width - margin - column * (figures.length - 1);
  return [
    text(margin, 70, title, { size: 34, weight: 600 }),
    ...figures.flatMap(([value, name], i) => [
      text(start + i * column, 66, value, { size: 24, weight: 600, anchor: 'end', fill: i === 0 ? blue : ink }),
      text(start + i * column, 90, name, { size: 13, fill: grey, anchor: 'end' }),
    ]),
  ].join('');
}

/** A white card with a heading; `content` draws inside it, from (0, 0) to the size it is given. */
async function card(
  box: Box,
  title: string,
  subtitle: string,
  content: (size: Size) => string | Promise<string>,
): Promise<string> {
  const inside = { width: box.width - 2 * padding, height: box.height - headingHeight - padding };
  return [
    `<g transform="translate(${box.x} ${box.y})">`,
    `<rect width="${box.width}" height="${box.height}" rx="8" fill="#fff" stroke="${faint}"/>`,
    text(padding, 30, title, { size: 16, weight: 600 }),
    text(box.width - padding, 30, subtitle, { size: 12, fill: grey, anchor: 'end' }),
    `<g transform="translate(${padding} ${headingHeight})">${await content(inside)}</g>`,
    '</g>',
  ].join('');
}

/** The last values of a pair of curves. */
function atTheEnd(last: Epoch | undefined, figure: 'Loss' | 'Accuracy', show: (value: number) => string): string {
  if (!last) return '';
  return `at the end: training ${show(last[`train${figure}`])}, validation ${show(last[`validation${figure}`])}`;
}

/** The top of a card under this one. */
function below(box: Box): number {
  return box.y + box.height + gap;
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0);
}
