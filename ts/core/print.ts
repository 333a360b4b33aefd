/**
 * A tensor as people read it: its numbers in nested brackets, aligned, rounded to four decimals and elided in the middle as
 * NumPy does, then element type and shape.
 */
import { ELEMENTS, type DType } from './dtype';
import type { Shape } from './shape';

/** What printing needs of a tensor. */
interface Printed {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly dtype: DType;
  readonly size: number;
}

/** Of tensors with more elements than that … */
const FULL = 1000;
/** … so many at each end of each dimension are shown. */
const EDGE = 3;
const DIGITS = 4;

/** Columns in front of an inner row. */
const HEAD = 'Tensor(';
/** Rows are broken where the next element would end beyond this column: PyTorch's width. */
const COLUMNS = 80;

/** `element` reads the element that lies so many elements of memory after the first. */
export function print({ shape, strides, size, dtype }: Printed, element: (offset: number) => number): string {
  const elide = size > FULL;
  const shown: number[] = [];
  const collect = (d: number, offset: number): void => {
    if (d === shape.length) shown.push(element(offset));
    else for (const i of indices(shape[d]!, elide)) if (i !== null) collect(d + 1, offset + i * strides[d]!);
  };
  if (size > 0) collect(0, 0);
  const words = format(shown, ELEMENTS[dtype].kind === 'bool');
  const width = words.reduce((most, w) => Math.max(most, w.length), 0);
  let next = 0;
  const nest = (d: number): string => {
    if (d === shape.length) return words[next++]!.padStart(width);
    const parts = indices(shape[d]!, elide).map(i => (i === null ? '…' : nest(d + 1)));
    const margin = ' '.repeat(HEAD.length + d + 1);
    if (d < shape.length - 1) return `[${parts.join(`,${'\n'.repeat(shape.length - 1 - d)}${margin}`)}]`;
    const most = Math.max(1, Math.floor((COLUMNS - margin.length) / (width + 2)));
    const lines = Array.from({ length: Math.ceil(parts.length / most) }, (_, i) =>
      parts.slice(i * most, (i + 1) * most).join(', '),
    );
    return `[${lines.join(`,\n${margin}`)}]`;
  };
  const numbers = size > 0 ? nest(0) : '[]';
  return `${HEAD}${numbers}, ${dtype} [${shape.join(', ')}])`;
}

/** The indices shown of a dimension; null stands for those left out. */
function indices(n: number, elide: boolean): (number | null)[] {
  if (!elide || n <= 2 * EDGE) return Array.from({ length: n }, (_, i) => i);
  const ends = Array.from({ length: EDGE }, (_, i) => i);
  return [...ends, null, ...ends.map(i => n - EDGE + i)];
}

/** All in one notation: whole numbers as they are, others with as many digits, very large or small ones by powers of ten. */
function format(values: readonly number[], truth: boolean): string[] {
  if (truth) return values.map(v => (v === 0 ? 'false' : 'true'));
  const finite = values.filter(Number.isFinite);
  const sizes = finite.map(Math.abs).filter(v => v > 0);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const each = (word: (v: number) => string): string[] =>
    values.map(v => (Object.is(v, -0) ? `-${word(0)}` : Number.isFinite(v) ? word(v) : String(v)));
  if (finite.every(Number.isInteger) && !(most >= 1e15)) return each(String);
  if (most >= 1e8 || least < 10 ** -DIGITS) return each(v => v.toExponential(DIGITS));
  return each(v => v.toFixed(DIGITS));
}
