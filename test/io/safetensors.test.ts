/** safetensors files. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FileError, memory, scope, tensor, ValueError, type DType, type Shape, type Tensor } from '../../ts/index';
import { useBackend, runtime } from '../../ts/core/runtime';
import { reference } from '../../ts/backend/reference/backend';
import { DTYPES } from '../../ts/core/dtype';
import { decodeSafetensors, encodeSafetensors } from '../../ts/io/safetensors';
import { content, expectRefused, arbitraryTensor, flipped } from './contents';

const golden = (name: string): Uint8Array => readFileSync(new URL(`../goldens/${name}.safetensors`, import.meta.url));

const contents = (tensors: Readonly<Record<string, Tensor>>): unknown =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, content(t)]));

describe('safetensors', () => {
  test("the reference implementation's file, to the byte", () => {
    const bytes = golden('weights');
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(metadata).toEqual({ format: 'pt "é"' });
    const [f32, tiny] = [3.4028234663852886e38, 2 ** -149];
    expect(contents(tensors)).toEqual({
      'features.10.weight': { dtype: 'f32', shape: [2, 3], data: [0.5, -0, tiny, Infinity, -Infinity, f32] },
      'features.9.weight': { dtype: 'f32', shape: [1, 2, 3], data: [0, 1, 2, 3, 4, 5] },
      10: { dtype: 'f32', shape: [], data: [Math.fround(0.1)] },
      9: { dtype: 'f32', shape: [0, 3], data: [] },
      'é "\\\n\x01\u2028': { dtype: 'f32', shape: [1], data: [1] },
      '\uffee': { dtype: 'f32', shape: [1], data: [2] },
      '\u{1f967}': { dtype: 'f32', shape: [1], data: [3] },
      steps: { dtype: 'f64', shape: [2], data: [0.1, 2 ** 53] },
      labels: { dtype: 'i32', shape: [3], data: [-(2 ** 31), 2 ** 31 - 1, 7] },
      pixels: { dtype: 'u8', shape: [3, 2], data: [0, 255, 1, 128, 2, 3] },
      mask: { dtype: 'bool', shape: [3], data: [1, 0, 1] },
    });
    const turned = Object.fromEntries(Object.entries(tensors).toReversed());
    expect(Buffer.compare(encodeSafetensors(turned, metadata), bytes)).toBe(0);
  });

  test('16-bit floats, as NumPy widens them', () => {
    const { tensors } = decodeSafetensors(golden('halves'));
    for (const name of ['half', 'brain']) {
      expect(tensors[name]!.dtype).toBe('f32');
      expect(tensors[name]!.toArray()).toEqual(tensors[`${name} as f32`]!.toArray());
    }
    expect(tensors.half!.slice(0, 8, 12).toArray()).toEqual(Float32Array.of(65504, Infinity, -Infinity, NaN));
    const kept = decodeSafetensors(golden('halves'), 'halves', { convert: false });
    expect([kept.tensors.half!.dtype, kept.tensors.brain!.dtype]).toEqual(['f16', 'bf16']);
    expect(contents(decodeSafetensors(encodeSafetensors(kept.tensors)).tensors)).toEqual(contents(tensors));
    expect(Buffer.compare(encodeSafetensors(kept.tensors, kept.metadata), golden('halves'))).toBe(0);
  });

  test('nothing', () => {
    const bytes = encodeSafetensors({});
    expect(Buffer.from(bytes).toString('latin1')).toBe('\b\0\0\0\0\0\0\0{}      ');
    expect(decodeSafetensors(bytes)).toEqual({ tensors: {}, metadata: {} });
  });

  test('what is written is read, and in any order gives the same bytes', () => {
    const name = fc.string({ unit: 'grapheme' }).filter(s => s !== '__proto__' && s !== '__metadata__');
    const entry = arbitraryTensor(...DTYPES);
    const weights = fc.dictionary(name, entry, { noNullPrototype: true, maxKeys: 5 });
    const texts = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { noNullPrototype: true });
    fc.assert(
      fc.property(weights, texts, (all, metadata) =>
        scope(() => {
          const pairs = Object.entries(all).map(([key, { data, ...options }]) => [key, tensor(data, options)] as const);
          const tensors = Object.fromEntries(pairs);
          const bytes = encodeSafetensors(tensors, metadata);
          const back = decodeSafetensors(bytes, 'file', { convert: false });
          expect(contents(back.tensors)).toEqual(contents(tensors));
          expect(back.metadata).toEqual(metadata);
          const turned = Object.fromEntries(Object.entries(metadata).toReversed());
          expect(encodeSafetensors(Object.fromEntries(pairs.toReversed()), turned)).toEqual(bytes);
        }),
      ),
      { numRuns: 50 },
    );
  });

  test('what was read is written whole, with its metadata, or by its parts', () => {
    const bytes = golden('weights');
    const file = decodeSafetensors(bytes);
    expect(Buffer.compare(encodeSafetensors(file), bytes)).toBe(0);
    expect(() => encodeSafetensors(file, {})).toThrow('takes metadata once');
    const named = { tensors: tensor([1]), metadata: tensor([2]) }; // names like any other
    expect(Object.keys(decodeSafetensors(encodeSafetensors(named)).tensors)).toEqual(['metadata', 'tensors']);
  });

  test('unsigned integers become signed ones that hold them; those that none holds are refused', () => {
    const file = (dtype: string, bytes: Uint8Array, size: number): Uint8Array => {
      const header = { x: { dtype, shape: [size], data_offsets: [0, bytes.length] } };
      const json = new TextEncoder().encode(JSON.stringify(header));
      const out = new Uint8Array(8 + json.length + bytes.length);
      new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
      out.set(json, 8);
      out.set(bytes, 8 + json.length);
      return out;
    };
    const bytesOf = (a: ArrayBufferView<ArrayBuffer>): Uint8Array => new Uint8Array(a.buffer);
    const u16 = file('U16', bytesOf(Uint16Array.of(1, 65535)), 2);
    const u32 = file('U32', bytesOf(Uint32Array.of(7, 4_000_000_000)), 2);
    const u64 = file('U64', bytesOf(BigUint64Array.of(9n, 2n ** 33n)), 2);
    const read = (bytes: Uint8Array, convert = true): unknown =>
      content(decodeSafetensors(bytes, 'f', { convert }).tensors.x!);
    expect(read(u16)).toEqual({ dtype: 'i32', shape: [2], data: [1, 65535] });
    expect(read(u16, false)).toEqual(read(u16));
    expect(read(u32, false)).toEqual({ dtype: 'i64', shape: [2], data: [7, 4_000_000_000] });
    expect(read(u64, false)).toEqual({ dtype: 'i64', shape: [2], data: [9, 2 ** 33] });
    expect(read(file('U32', bytesOf(Uint32Array.of(7)), 1))).toEqual({ dtype: 'i32', shape: [1], data: [7] });
    expect(() => read(u32)).toThrow('f: expected integers of 32 bits, found 4000000000');
    expect(() => read(file('U64', bytesOf(BigUint64Array.of(2n ** 63n)), 1), false)).toThrow('below 2^63');
    expect(() => read(file('U32', new Uint8Array(3), 1))).toThrow('expected 4 bytes for U32 [1]');
  });

  test('every element at an address that is a multiple of its size', () => {
    const bytes = encodeSafetensors({ a: tensor([true]), b: tensor([1], { dtype: 'f64' }), c: tensor([2]) });
    const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(start % 8).toBe(0);
    expect(new Float64Array(bytes.buffer, start, 1)[0]).toBe(1);
    expect(new Float32Array(bytes.buffer, start + 8, 1)[0]).toBe(2);
  });

  test('views, and tensors of a backend whose floats are longer', () => {
    const view = tensor([
      [1, 2],
      [3, 4],
    ]).t();
    const bytes = encodeSafetensors({ view });
    expect([...decodeSafetensors(bytes).tensors.view!.toArray()]).toEqual([1, 3, 2, 4]);
    const { backend } = runtime;
    try {
      useBackend(reference());
      expect(
        encodeSafetensors({
          view: tensor([
            [1, 2],
            [3, 4],
          ]).t(),
        }),
      ).toEqual(bytes);
    } finally {
      useBackend(backend);
    }
  });

  test('at any address of a larger buffer', () => {
    const bytes = golden('weights');
    const expected = contents(decodeSafetensors(bytes).tensors);
    for (let at = 0; at < 9; at++) {
      const buffer = Buffer.alloc(bytes.length + 20, 0xee);
      buffer.set(bytes, at);
      expect(contents(decodeSafetensors(buffer.subarray(at, at + bytes.length)).tensors)).toEqual(expected);
    }
  });

  test('tensors belong to the scope they are read in', () => {
    const bytes = golden('weights');
    const before = memory().blocks;
    scope(() => {
      const { tensors } = decodeSafetensors(bytes);
      expect(memory().blocks).toBe(before + Object.keys(tensors).length);
    });
    expect(memory().blocks).toBe(before);
  });

  test('cut off anywhere, or too long', () => {
    const bytes = golden('weights');
    for (let n = 0; n < bytes.length; n++) {
      expectRefused(() => decodeSafetensors(bytes.subarray(0, n), 'cut'), /^cut: expected .* found/);
    }
    const longer = Uint8Array.of(...bytes, 0);
    expectRefused(() => decodeSafetensors(longer), 'expected 837 bytes, as the header says, found 838');
  });

  test('any bit turned over gives what its header says, or an error', () => {
    const bytes = golden('halves');
    const dtypes: Readonly<Record<string, DType>> = {
      F64: 'f64',
      F32: 'f32',
      I32: 'i32',
      U8: 'u8',
      BOOL: 'bool',
      F16: 'f32',
      BF16: 'f32',
      I8: 'i32',
    };
    let accepted = 0;
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const file = flipped(bytes, bit);
      scope(() => {
        try {
          const found = Object.entries(decodeSafetensors(file).tensors).map(([name, t]) => [name, [t.dtype, t.shape]]);
          const length = file[0]! + 256 * file[1]!;
          const said: Record<string, { dtype: string; shape: Shape }> = JSON.parse(
            Buffer.from(file)
              .subarray(8, 8 + length)
              .toString(),
          );
          const expected = Object.entries(said).map(([name, { dtype, shape }]) => [name, [dtypes[dtype], shape]]);
          if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found).toEqual(expected);
          accepted++;
        } catch (e) {
          if (!(e instanceof FileError)) throw e;
        }
      });
    }
    expect(accepted).toBeGreaterThan(8 * 144); // where only elements changed, and in names
    expect(accepted).toBeLessThan(8 * 250);
  });

  test('random bytes, alone and behind a plausible length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(() => decodeSafetensors(bytes)).toThrow(FileError);
        expect(() => decodeSafetensors(Uint8Array.of(bytes.length, 0, 0, 0, 0, 0, 0, 0, ...bytes))).toThrow(FileError);
      }),
    );
  });

  /** A file of this header and n bytes. */
  function file(header: string, n: number): Uint8Array {
    const json = Buffer.from(header);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(json.length);
    return Buffer.concat([length, json, Buffer.alloc(n)]);
  }
  const info = (shape: string, begin: number, end: number, dtype = 'F32'): string =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

  test('the files that the faulty ones below are made from', () => {
    const plain = `{"a":${info('[1]', 0, 4)},"b":${info('[1]', 4, 8)}}  `;
    expect(Object.keys(decodeSafetensors(file(plain, 8)).tensors)).toEqual(['a', 'b']);
    // Any order in the header; empty tensors between others; fields unknown today.
    const other = `{"b":${info('[1]', 4, 8)},"e":${info('[0,5]', 4, 4)},"a":{"new":[{}],${info('[1]', 0, 4).slice(1)}}`;
    expect(Object.keys(decodeSafetensors(file(other, 8)).tensors)).toEqual(['b', 'e', 'a']);
  });

  test.each<[string, string, number, string]>([
    ['a gap', `{"a":${info('[1]', 0, 4)},"b":${info('[1]', 8, 12)}}`, 12, 'gaps or overlaps, found "b" at 8 after 4'],
    ['a gap before the first', `{"a":${info('[1]', 4, 8)}}`, 8, 'found "a" at 4 after 0'],
    ['an overlap', `{"a":${info('[2]', 0, 8)},"b":${info('[1]', 4, 8)}}`, 8, 'found "b" at 4 after 8'],
    ['the same bytes twice', `{"a":${info('[1]', 0, 4)},"b":${info('[1]', 0, 4)}}`, 4, 'found "b" at 0 after 4'],
    ['an end beyond the file', `{"a":${info('[2]', 0, 8)}}`, 4, 'bytes, as the header says'],
    ['bytes that no tensor has', `{"a":${info('[1]', 0, 4)}}`, 5, 'bytes, as the header says'],
    ['an end before its beginning', `{"a":${info('[1]', 4, 0)}}`, 4, '"a": expected 4 bytes for F32 [1], found [4,0]'],
    ['a shape of other size', `{"a":${info('[3]', 0, 8)}}`, 8, '"a": expected 12 bytes for F32 [3], found [0,8]'],
    ['an absurd shape', `{"a":${info('[9007199254740991,9007199254740991]', 0, 8)}}`, 8, 'expected 3.2'],
    ['an absurd shape with a 0', `{"a":${info(`[${'9007199254740991,'.repeat(30)}0]`, 0, 0)}}`, 0, 'NaN bytes'],
    ['a negative size', `{"a":${info('[-1,-1]', 0, 4)}}`, 4, 'expected a shape of whole numbers, found [-1,-1]'],
    ['a size of minus zero', `{"a":${info('[-0]', 0, 0)}}`, 0, 'expected a shape of whole numbers'],
    ['half a size', `{"a":${info('[0.5,2]', 0, 4)}}`, 4, 'expected a shape of whole numbers'],
    ['a size that is text', `{"a":${info('["1"]', 0, 4)}}`, 4, 'expected a shape of whole numbers'],
    ['a shape that is a number', `{"a":${info('1', 0, 4)}}`, 4, 'expected a shape of whole numbers, found 1'],
    ['three offsets', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', 4, 'data_offsets of two whole'],
    ['no offsets', '{"a":{"dtype":"F32","shape":[1]}}', 4, 'found nothing'],
    ['no element type', '{"a":{"shape":[1],"data_offsets":[0,4]}}', 4, 'expected an element type of I64, F64, F32'],
    ['an element type that is not here', `{"a":${info('[1]', 0, 8, 'F8_E5M2')}}`, 8, 'found "F8_E5M2"'],
    ['an element type in small letters', `{"a":${info('[1]', 0, 4, 'f32')}}`, 4, 'found "f32"'],
    ['a tensor that is null', '{"a":null}', 0, '"a": expected an object, found null'],
    ['a tensor that is a list', '{"a":[]}', 0, '"a": expected an object, found []'],
    ['a name twice', `{"a":${info('[1]', 0, 4)},"a":${info('[1]', 0, 4)}}`, 4, 'each name once, found "a" again'],
    ['a name twice, once escaped', `{"a":${info('[1]', 0, 4)},"\\u0061" : ${info('[1]', 0, 4)}}`, 4, 'found "a" again'],
    ['a field twice', `{"a":{"dtype":"F64",${info('[1]', 0, 4).slice(1)}}`, 4, 'found "dtype" again'],
    ['metadata twice', '{"__metadata__":{},"__metadata__":{}}', 0, 'found "__metadata__" again'],
    ['the name __proto__', `{"__proto__":${info('[1]', 0, 4)}}`, 4, 'expected a tensor\'s name, found "__proto__"'],
    ['half a surrogate pair', `{"\\ud83e":${info('[1]', 0, 4)}}`, 4, 'expected a tensor\'s name, found "\\ud83e"'],
    ['metadata named __proto__', '{"__metadata__":{"__proto__":"x"}}', 0, 'expected a name of metadata'],
    ['metadata that is no text', '{"__metadata__":{"a":1}}', 0, 'expected text as metadata "a", found 1'],
    ['metadata that is text', '{"__metadata__":"a"}', 0, 'expected metadata that is an object, found "a"'],
    ['no object', '[]', 0, 'expected a header that begins as an object, found []'],
    ['space before the object', ' {}', 0, 'expected a header that begins as an object'],
    ['a byte order mark', '\ufeff{}', 0, 'expected a header in JSON'],
    ['two objects', '{}{}', 0, 'expected a header in JSON'],
    ['zeros for padding', '{}\0\0', 0, 'expected a header in JSON'],
    ['no header', '', 0, 'expected a header in JSON'],
    ['depths', '['.repeat(100_000), 0, 'expected a header in JSON'],
  ])('%s', (_, header, n, message) => expectRefused(() => decodeSafetensors(file(header, n)), message));

  test('text that is not UTF-8', () => {
    const bytes = file('{"aa":{}}', 0);
    bytes[10] = 0xff;
    expectRefused(() => decodeSafetensors(bytes), 'expected a header in JSON');
  });

  test('header lengths from beyond the file to 2^64 − 1', () => {
    const bytes = file('{}', 100);
    bytes[1] = 1;
    expectRefused(() => decodeSafetensors(bytes), 'expected a header of 258 bytes, found 102');
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, 100_000_001n, true);
    expectRefused(() => decodeSafetensors(bytes), 'expected a header of up to 100000000 bytes, found 100000001');
    bytes.fill(0xff, 0, 8);
    expectRefused(() => decodeSafetensors(bytes), 'expected a header of up to 100000000 bytes');
  });

  test('names and texts that cannot be written', () => {
    for (const name of ['__metadata__', '__proto__', '\ud83e']) {
      expect(() => encodeSafetensors(Object.fromEntries([[name, tensor([1])]]))).toThrow(ValueError);
      expect(() => encodeSafetensors({}, Object.fromEntries([[name, 'x']]))).toThrow(ValueError);
    }
    expect(() => encodeSafetensors({}, { a: '\udc00' })).toThrow(ValueError);
  });
});
