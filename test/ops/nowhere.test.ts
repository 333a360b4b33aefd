/** Places that are no numbers, and views of nothing: what PyTorch 1.13 gives. */
import { gridSample, mode, select, slice, tensor, transpose, zeros } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';

describe.each([exact, ...binaries])('on $name', backend => {
  test('an image at infinity and at NaN', () => {
    useBackend(backend);
    const image = tensor([0, 1, 2, 3], { shape: [1, 1, 2, 2] });
    const at = (x: number, paddingMode: 'zeros' | 'border' | 'reflection'): number =>
      gridSample(image, tensor([x, 0], { shape: [1, 1, 1, 2] }), { paddingMode }).item();
    expect([NaN, Infinity, -Infinity].map(x => at(x, 'border'))).toEqual([1, 2, 1]);
    expect([NaN, Infinity, -Infinity].map(x => at(x, 'reflection'))).toEqual([1, 1, 1]);
    expect(at(NaN, 'zeros')).toBeNaN();
  });
  test('a view of no elements may begin anywhere', () => {
    useBackend(backend);
    for (const dtype of ['f32', 'i32', 'bool', 'u8'] as const) {
      const x = zeros([0, 4, 3], { dtype });
      for (const y of [slice(x, 1, 2), slice(x, 2, 1, 3), select(x, 1, 3), slice(transpose(x, 0, 1), 0, 3)]) {
        expect([...y.eq(0).toArray()]).toEqual([]);
        expect(y.clone().shape).toEqual(y.shape);
      }
      if (dtype !== 'f32') expect(mode(x, 1)[0].shape).toEqual([0, 3]);
    }
  });
});
