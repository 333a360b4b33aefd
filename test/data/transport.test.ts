/** What goes from a worker to its loader and back: batches, errors, and the messages around them. */
import { describe, expect, test } from 'vitest';
import { DisposedError, FileError, PhylloError, scope, ShapeError, Tensor, tensor } from '../../ts/index';
import * as errors from '../../ts/core/errors';
import { mapLeaves } from '../../ts/core/tree';
import { errorOf, faultOf } from '../../ts/data/workers/faults';
import { pack, unpack } from '../../ts/data/workers/pack';
import { collect } from './workers/nested';

/** Tensors as all that they are. */
const written = (v: unknown): unknown => mapLeaves(v, leaf => (leaf instanceof Tensor ? { ...leaf.toJSON() } : leaf));

describe('batches', () => {
  test('of all element types, in lists and records, come as they were', () =>
    scope(() => {
      const batch = collect([0, 1, 2].map(i => ({ name: `${i}`, x: tensor([i, -i]) })));
      const packed = pack(batch);
      const { buffer } = batch.bytes;
      const moved: typeof packed = structuredClone(packed, {
        transfer: packed.tensors.flatMap(t => (t.bytes.buffer instanceof ArrayBuffer ? t.bytes.buffer : [])),
      });
      expect(packed.tensors.every(t => t.bytes.byteLength === 0)).toBe(true); // handed over
      expect(buffer.byteLength).toBe(3); // not what is the batch's own
      const back = unpack<typeof batch>(moved);
      expect(written(back)).toEqual(written(batch));
      expect(Object.keys(back)).toEqual(Object.keys(batch));
      expect(Object.is(back.types.f32!.toArray()[1], -0)).toBe(true);
      expect(back.strided.dense).toBe(true);
      back.types.u8!.add(1);
    }));

  test('a tensor alone, none, and the same twice', () =>
    scope(() => {
      const x = tensor([1, 2]);
      expect(written(unpack(pack(x)))).toEqual(written(x));
      expect(unpack(pack('text'))).toBe('text');
      const twice: readonly Tensor[] = unpack(pack([x, x]));
      expect(twice.map(t => [...t.toArray()])).toEqual([
        [1, 2],
        [1, 2],
      ]);
    }));

  test('freed tensors do not go', () => {
    const x = tensor([1, 2]);
    x.dispose();
    expect(() => pack([x])).toThrow(DisposedError);
  });
});

describe('errors', () => {
  const through = (e: unknown): Error => errorOf(structuredClone(faultOf(e)));

  test('keep class, message, stack and cause', () => {
    const cause = new FileError('photo.png', 'is cut off');
    const e = through(new RangeError('sample 3', { cause }));
    expect(e).toBeInstanceOf(RangeError);
    expect(e.message).toBe('sample 3');
    expect(e.stack).toMatch(/transport\.test/);
    expect(e.cause).toBeInstanceOf(FileError);
    expect(e.cause).toMatchObject({ where: 'photo.png', what: 'is cut off', name: 'FileError' });
  });
  test('of the library, with the layer', () => {
    const inner = new ShapeError('conv2d', 'takes 3 channels');
    inner.within('features.0');
    const e = through(inner);
    expect(e).toBeInstanceOf(ShapeError);
    expect(String(e)).toBe('ShapeError: conv2d (features.0): takes 3 channels');
  });
  test('of every class of the library', () => {
    expect(Object.keys(errors)).toEqual(expect.arrayContaining(['PhylloError', 'ShapeError', 'WorkerError']));
    for (const [name, type] of Object.entries(errors)) {
      const e = through(new type('conv2d', 'takes 3 channels'));
      expect(e).toBeInstanceOf(type);
      expect(String(e)).toBe(`${name}: conv2d: takes 3 channels`);
    }
  });
  test('of classes that are not here, by their name', () => {
    class OddError extends Error {
      override readonly name = 'OddError';
    }
    class NewError extends PhylloError {
      override readonly name = 'NewError';
    }
    expect(String(through(new OddError('odd')))).toBe('OddError: odd');
    const ours = through(new NewError('where', 'what'));
    expect(ours).toBeInstanceOf(PhylloError);
    expect(String(ours)).toBe('NewError: where: what');
  });
  test('that are none, or causes of themselves', () => {
    expect(String(through('enough'))).toBe("Error: 'enough' was thrown");
    expect(String(through(undefined))).toBe('Error: missing was thrown');
    const e = new Error('round');
    e.cause = e;
    let depth = 0;
    for (let at: unknown = through(e); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(9);
  });
});
