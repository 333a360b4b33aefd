import { encode } from 'fast-png';
import { percent, type Mistake } from './report';
import { blue, escapeXml, faint, grey, mix, text, vermilion, type Size } from './svg';

const shown = 24;
const across = 12;
const rowHeight = 116;
const tileHeight = 104; // the last row needs no gap under it

/** Kernels as squares of cells on one diverging scale around 0. */
export function filters(kernels: readonly ArrayLike<number>[], size: Size): string {
  const most = Math.max(...kernels.flatMap(kernel => Array.from(kernel, Math.abs).filter(Number.isFinite)), 0) || 1;
  const legendHeight = 30;
  const pitch = size.width / Math.max(kernels.length, 1);
  const extent = Math.min(pitch - 10, size.height - legendHeight);
  const squares = kernels.map((kernel, k) => {
    const side = Math.sqrt(kernel.length);
    const cell = extent / side;
    const x0 = k * pitch + (pitch - extent) / 2;
    const cells = Array.from(kernel, (w, i) => {
      const x = x0 + (i % side) * cell;
      const y = Math.floor(i / side) * cell;
      const fill = Number.isFinite(w) ? mix('#ffffff', w < 0 ? blue : vermilion, Math.abs(w) / most) : grey;
      return square(x, y, cell, `fill="${fill}"`);
    });
    const frame = square(x0, 0, extent, `fill="none" stroke="${faint}"`);
    return `<g shape-rendering="crispEdges">${cells.join('')}</g>${frame}`;
  });
  const bar = 180;
  const x = (size.width - bar) / 2;
  const y = size.height - 10;
  const limit = most.toPrecision(2);
  return [
    ...squares,
    `<linearGradient id="weights"><stop stop-color="${blue}"/><stop offset="0.5" stop-color="#fff"/>`,
    `<stop offset="1" stop-color="${vermilion}"/></linearGradient>`,
    `<rect x="${x}" y="${y}" width="${bar}" height="10" fill="url(#weights)" stroke="${faint}"/>`,
    text(x - 8, y + 9, `−${limit}`, { size: 12, fill: grey, anchor: 'end' }),
    text(x + bar + 8, y + 9, `+${limit}`, { size: 12, fill: grey }),
    text(x + bar / 2, y - 4, '0', { size: 12, fill: grey, anchor: 'middle' }),
  ].join('');
}

/** The height that `mistakes` needs for this many. */
export function mistakesHeight(n: number): number {
  return rowHeight * (Math.max(1, Math.ceil(Math.min(n, shown) / across)) - 1) + tileHeight;
}

/** The first 24 misclassified images in rows of twelve. */
export function mistakes(worst: readonly Mistake[], classNames: readonly string[], { width }: Size): string {
  if (worst.length === 0) return text(0, 20, 'None: every test image was classified correctly.', { size: 14 });
  const pitch = width / across;
  return worst
    .slice(0, shown)
    .map((mistake, i) => tile(mistake, classNames, (i % across) * pitch, Math.floor(i / across) * rowHeight, pitch))
    .join('');
}

/** One misclassified image, three pixels for each of its own, dark on white, with its caption. */
function tile(
  { image, actual, predicted, probability }: Mistake,
  names: readonly string[],
  x: number,
  y: number,
  pitch: number,
): string {
  const side = 28;
  const extent = 3 * side;
  const inverted = image.map(v => 255 - v);
  const bytes = encode({ width: side, height: side, data: inverted, depth: 8, channels: 1 });
  const source = `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
  const left = x + (pitch - extent) / 2;
  const [is, called] = [names[actual] ?? String(actual), names[predicted] ?? String(predicted)].map(escapeXml);
  return [
    `<g><title>${is} taken for ${called}, probability ${percent(probability)}</title>`,
    `<image x="${left}" y="${y}" width="${extent}" height="${extent}" xlink:href="${source}"/>`,
    square(left, y, extent, `fill="none" stroke="${faint}"`),
    `<text x="${x + pitch / 2}" y="${y + extent + 18}" font-size="13" text-anchor="middle">`,
    `<tspan font-weight="600" fill="${blue}">${is}</tspan> → `,
    `<tspan font-weight="600" fill="${vermilion}">${called}</tspan>`,
    ` <tspan font-size="11" fill="${grey}">(${percent(probability, 1)})</tspan></text></g>`,
  ].join('');
}

function square(x: number, y: number, side: number, style: string): string {
  const [left, top, extent] = [x, y, side].map(v => Number(v.toFixed(2)));
  return `<rect x="${left}" y="${top}" width="${extent}" height="${extent}" ${style}/>`;
}
