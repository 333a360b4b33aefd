/** Types for storage: what they hold, what they are converted to, and who refuses them. */
import { describe, expect, test } from 'vitest';
import {
  concat,
  decodeSafetensors,
  DTypeError,
  encodeSafetensors,
  full,
  nn,
  ones,
  pad,
  scope,
  tensor,
  zeros,
  type DType,
  type Tensor,
} from 'phyllo';

/** A float by the definition of IEEE 754. */
function value(word: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits;
  const bits = word.toString(2).padStart(16, '0');
  const exponent = parseInt(bits.slice(1, 1 + exponentBits), 2);
  const fraction = parseInt(bits.slice(1 + exponentBits), 2) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits[0] === '1' ? -1 : 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
const FORMATS = [
  ['f16', 5, 'F16'],
  ['bf16', 8, 'BF16'],
] as const;
const words = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** A slow machine takes seconds for all words. */
const TIMEOUT_MS = 60_000;

/** A safetensors file of one tensor. */
function file(dtype: string, data: Uint16Array | BigInt64Array | Int8Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer);
  const header = JSON.stringify({ x: { dtype, shape: [data.length], data_offsets: [0, bytes.length] } });
  const json = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8));
  const out = new Uint8Array(8 + json.length + bytes.length);
  out.set([json.length % 256, json.length >> 8]);
  out.set(json, 8);
  out.set(bytes, 8 + json.length);
  return out;
}
const load = (bytes: Uint8Array, convert: boolean): Tensor => decodeSafetensors(bytes, 'file', { convert }).tensors.x!;
/** The bytes of the elements in the file of one tensor. */
const stored = (x: Tensor): Uint8Array => {
  const bytes = encodeSafetensors({ x });
  return bytes.slice(bytes.length - x.size * (x.dtype === 'i64' || x.dtype === 'f64' ? 8 : x.dtype === 'i8' ? 1 : 2));
};

describe.each(FORMATS)('%s', (dtype, exponentBits, name) => {
  const values = Float64Array.from(words, w => value(w, exponentBits));
  const finite = [...words].filter(w => !Number.isNaN(values[w]));

  test(
    'all 65,536 words: values, conversion by a kernel and back, files',
    () =>
      scope(() => {
        const x = load(file(name, words), false);
        expect(x.dtype).toBe(dtype);
        const expected = Float32Array.from(values);
        expect(x.toArray()).toEqual(expected);
        expect(x.to('f32').toArray()).toEqual(expected);
        expect(load(file(name, words), true).toArray()).toEqual(expected);
        expect(new Uint16Array(stored(x).buffer)).toEqual(words);
        const numbers = tensor(finite.map(w => values[w]!));
        for (const back of [numbers.to(dtype), tensor(numbers.toArray(), { dtype })]) {
          expect(new Uint16Array(stored(back).buffer)).toEqual(Uint16Array.from(finite));
        }
        expect(tensor([NaN], { dtype }).item()).toBeNaN();
        expect(tensor([NaN]).to(dtype).item()).toBeNaN();
      }),
    TIMEOUT_MS,
  );

  test(
    'numbers between two words become the nearer, or the even one, of f64 too',
    () =>
      scope(() => {
        const infinity = values.indexOf(Infinity);
        const numbers: number[] = [];
        const nearest: number[] = [];
        const exact: number[] = []; // of numbers that f32 has not
        const single: number[] = [];
        for (let w = 0; w < infinity; w++) {
          const low = values[w]!;
          // What would come after the largest stands for infinity.
          const high = w + 1 === infinity ? 2 * low - values[w - 1]! : values[w + 1]!;
          const [middle, step] = [(low + high) / 2, high - low];
          numbers.push(low + step / 4, middle, low + 0.75 * step);
          nearest.push(w, w + (w % 2), w + 1);
          exact.push(middle - step * 2 ** -30, middle + step * 2 ** -30);
          single.push(w, w + 1);
        }
        const signed = (all: number[], sign: number): Float64Array => Float64Array.from(all, v => sign * v);
        for (const [sign, bit] of [
          [1, 0],
          [-1, 0x8000],
        ] as const) {
          const [expected, beside] = [nearest, single].map(all => Uint16Array.from(all, w => w | bit));
          const [a, b] = [tensor(signed(numbers, sign), { dtype }), tensor(signed(exact, sign), { dtype })];
          expect(new Uint16Array(stored(a).buffer)).toEqual(expected);
          expect(new Uint16Array(stored(b).buffer)).toEqual(beside);
          expect(new Uint16Array(stored(tensor(signed(numbers, sign)).to(dtype)).buffer)).toEqual(expected);
        }
      }),
    TIMEOUT_MS,
  );
});

test('i64: all digits in memory and files, conversions that saturate', () =>
  scope(() => {
    const data = BigInt64Array.of(0n, -1n, 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n));
    const x = tensor(data);
    expect(x.dtype).toBe('i64');
    expect(new BigInt64Array(stored(x).buffer)).toEqual(data);
    expect(new BigInt64Array(stored(load(file('I64', data), false)).buffer)).toEqual(data);
    expect(x.toArray()).toEqual(Float64Array.from(data, Number));
    expect(x.to('f32').toArray()).toEqual(Float32Array.from(data, v => Number(v)));
    expect(x.to('f64').toArray()).toEqual(Float64Array.from(data, Number));
    const limits = [-(2 ** 31), 2 ** 31 - 1] as const;
    const clamped = Int32Array.from(data, v => Math.min(Math.max(Number(v), limits[0]), limits[1]));
    expect(x.to('i32').toArray()).toEqual(clamped);
    expect([...x.to('i8').toArray()]).toEqual([0, -1, 127, -128, 127, 127, -128]);
    expect([...x.to('bool').toArray()]).toEqual([0, 1, 1, 1, 1, 1, 1]);
    const ends = [1.9, -1.9, NaN, 1e30, -Infinity];
    const expected = BigInt64Array.of(1n, -1n, 0n, 2n ** 63n - 1n, -(2n ** 63n));
    for (const y of [tensor(ends).to('i64'), tensor(ends, { dtype: 'f64' }).to('i64')]) {
      expect(new BigInt64Array(stored(y).buffer)).toEqual(expected);
    }
    expect(() => load(file('I64', data), true)).toThrow('expected integers of 32 bits, found 2147483648');
    expect(() => tensor(data, { dtype: 'i32' })).toThrow(
      "a BigInt64Array makes i64, not i32; convert it with to('i32')",
    );
  }));

test('i8: as its typed array has it', () =>
  scope(() => {
    const data = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    const x = tensor(data);
    expect([x.dtype, x.toArray()]).toEqual(['i8', data]);
    expect(x.to('i32').toArray()).toEqual(Int32Array.from(data));
    expect(x.to('f32').toArray()).toEqual(Float32Array.from(data));
    expect(x.to('f16').to('i8').toArray()).toEqual(data);
    expect(tensor([300, -300, 1.9, NaN]).to('i8').toArray()).toEqual(Int8Array.of(127, -128, 1, 0));
    expect(load(file('I8', data), true).toArray()).toEqual(Int32Array.from(data));
    expect(load(file('I8', data), false).toArray()).toEqual(data);
  }));

test('what JavaScript writes is converted as `to` converts, whoever writes it, and refused where that would be another number', () =>
  scope(() => {
    const numbers = [300, -300, 255.9, -0.5, 3e9, -3e9, 1e300, NaN, Infinity, -Infinity];
    const ends = { u8: [0, 255], i8: [-128, 127], i32: [-(2 ** 31), 2 ** 31 - 1] } as const;
    for (const dtype of ['u8', 'i8', 'i32'] as const) {
      const [low, high] = ends[dtype];
      const written: readonly ((v: number) => number | undefined)[] = [
        v => tensor([v], { dtype }).toArray()[0],
        v => tensor(Float64Array.of(v), { dtype }).toArray()[0],
        v => zeros([1], { dtype }).set([v]).toArray()[0],
        v => full([], v, { dtype }).item(),
        // i8 is not computed in.
        v =>
          dtype === 'i8' ? tensor(v, { dtype }).item() : pad(zeros([1], { dtype }), [1, 0], 'constant', v).toArray()[0],
      ];
      for (const v of numbers) {
        const whole = Math.trunc(v) + 0;
        for (const write of written) {
          if (whole >= low && whole <= high) expect(write(v)).toBe(whole);
          else expect(() => write(v)).toThrow(`${dtype} takes ${low} to ${high}`);
        }
      }
    }
    expect(() => tensor(Uint8Array.of(200), { dtype: 'i8' })).toThrow('i8 takes -128 to 127, element is 200');
    expect(() => tensor(Int8Array.of(-1), { dtype: 'u8' })).toThrow('u8 takes 0 to 255, element is -1');
  }));

test('f64 is rounded once, and cut off from all its digits', () =>
  scope(() => {
    const dtypes = ['f16', 'bf16', 'u8', 'i8', 'i32', 'i64', 'bool', 'f32'] as const;
    const tiny = [2 ** -40, 2 ** -60, 0, -(2 ** -60)];
    const numbers = [1, 1.5, 2, 127, 255, 65504, 65520, 2 ** -14, 2 ** -25, 3.3961775292304601e38, 2 ** 128].flatMap(
      x => [2 ** -8, 2 ** -9, 2 ** -11, 0].flatMap(half => tiny.map(t => x * (1 + half + t))),
    );
    const all = [...numbers, ...numbers.map(x => -x), 1e-50, -1e-50, 5e-324, -0, NaN, Infinity, -Infinity];
    const wide = tensor(all, { dtype: 'f64' });
    const ends: { readonly [D in DType]?: readonly [number, number] } = {
      u8: [0, 255],
      i8: [-128, 127],
      i32: [-(2 ** 31), 2 ** 31 - 1],
      i64: [-(2 ** 63), 2 ** 63],
    };
    for (const dtype of dtypes) {
      const [low, high] = ends[dtype] ?? [-Infinity, Infinity];
      // Numbers that the type has; `to` makes the others the nearest that it has.
      const held = all.map(v => (ends[dtype] ? Math.min(Math.max(Number.isNaN(v) ? 0 : v, low), high) : v));
      const made = dtype === 'i64' ? held.map(v => (v === high ? 2 ** 63 - 1024 : v)) : held;
      const found = wide.to(dtype).toArray();
      const expected = tensor(made, { dtype }).toArray();
      for (let i = 0; i < all.length; i++) if (made[i] === held[i]) expect(found[i]).toEqual(expected[i]);
    }
    expect([...wide.to('bool').toArray()]).toEqual(all.map(v => Number(v !== 0)));
  }));

test('bool: 0 or 1, whoever writes it', () =>
  scope(() => {
    const ones = Uint8Array.of(0, 1, 1, 1);
    const numbers = [0, 1, -2, NaN];
    expect(tensor(numbers, { dtype: 'bool' }).toArray()).toEqual(ones);
    expect(zeros([4], { dtype: 'bool' }).set(numbers).toArray()).toEqual(ones);
    expect(load(file('BOOL', Int8Array.of(0, 1, 2, -1)), false).toArray()).toEqual(ones);
  }));

const STORED: readonly DType[] = ['f64', 'f16', 'bf16', 'i8', 'i64'];
const TYPES: readonly DType[] = ['f32', 'i32', 'u8', 'bool', ...STORED];

test('every type is converted to every other', () =>
  scope(() => {
    for (const from of TYPES) {
      const x = tensor([0, 1, 5, 100], { dtype: from });
      for (const to of TYPES) {
        const small = [from, to].includes('bool') ? [0, 1, 1, 1] : [0, 1, 5, 100];
        const y = x.to(to);
        expect([y.dtype, [...y.toArray()]]).toEqual([to, small]);
      }
    }
  }));

describe.each(STORED)('%s is for storage', dtype => {
  const wanted = dtype === 'i8' || dtype === 'i64' ? 'i32' : 'f32';

  test('it is viewed, copied, joined, written and printed', () =>
    scope(() => {
      const x = tensor(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        { dtype },
      );
      expect([...x.t().toArray()]).toEqual([1, 4, 2, 5, 3, 6]);
      expect([...x.t().contiguous().toArray()]).toEqual([1, 4, 2, 5, 3, 6]);
      expect([...x.t().reshape([6]).slice(0, 1, 6, 2).toArray()]).toEqual([4, 5, 6]);
      expect([...concat([x, x.slice(0, 1)]).toArray()]).toEqual([1, 2, 3, 4, 5, 6, 4, 5, 6]);
      expect(x.select(0, 1).select(0, 2).item()).toBe(6);
      expect(String(x)).toBe(`Tensor([[1, 2, 3],\n        [4, 5, 6]], ${dtype} [2, 3])`);
      expect(x.toJSON().data).toEqual([1, 2, 3, 4, 5, 6]);
      x.set([6, 5, 4, 3, 2, 1]);
      expect([...x.toArray()]).toEqual([6, 5, 4, 3, 2, 1]);
      expect([...full([2], 7, { dtype }).toArray()]).toEqual([7, 7]);
      expect(scope(() => tensor(5, { dtype })).item()).toBe(5);
    }));

  test.each<[string, (x: Tensor) => unknown]>([
    ['add', x => x.add(1)],
    ['add', x => ones([2]).add(x)],
    ['mul', x => x.mul(x)],
    ['matmul', x => ones([2, 2]).matmul(x.unsqueeze(1))],
    ['sum', x => x.sum()],
    ['mean', x => x.mean()],
    ['relu', x => x.relu()],
    ['indexSelect', x => x.indexSelect(0, tensor([0], { dtype: 'i32' }))],
    ['pad', x => pad(x, [1, 1])],
  ])('%s says what to convert it to', (name, call) =>
    scope(() => {
      const x = ones([2], { dtype });
      const type = ['matmul', 'mean', 'relu'].includes(name) && name !== 'mean' ? 'f32' : wanted;
      const advice = `this is ${dtype}, which is for storage; convert it with to('${type}')`;
      const run = (): unknown => call(x);
      expect(run).toThrow(DTypeError);
      expect(run).toThrow(name === 'add' ? /which is for storage; convert it with to\('[fi]32'\)/ : advice);
      expect(() => call(x.to(wanted))).not.toThrow();
    }),
  );

  test('it has no gradient', () =>
    scope(() => {
      expect(() => zeros([2], { dtype, requiresGrad: true })).toThrow(`takes f32, this is ${dtype}`);
      expect(() => new nn.Parameter(zeros([2], { dtype }))).toThrow();
    }));
});
