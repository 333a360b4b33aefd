/** How far two lists of tensors are apart. */
import type { Layout, Values } from '../ops/harness';

/** Layouts may change the order of a sum. */
export function differences(
  actual: readonly Values[] | null,
  expected: readonly Values[] | null,
  layout: Layout,
): string[] {
  if (actual === null || expected === null) return actual === expected ? [] : ['a list is missing'];
  if (actual.length !== expected.length) return [`${actual.length} tensors, not ${expected.length}`];
  return actual.flatMap(({ data, dtype, shape }, i) => {
    const want = expected[i]!;
    if (dtype !== want.dtype || shape.join() !== want.shape.join()) return [`${dtype} [${shape}]`];
    const may = layout === 'dense' ? 0 : 1e-12 * want.data.reduce((m, x) => Math.max(m, Math.abs(x) || 0), 1);
    return data.flatMap((x, j) => {
      const y = want.data[j]!;
      return Object.is(x, y) || x === y || Math.abs(x - y) <= may ? [] : [`${i} at ${j} is ${x}, expected ${y}`];
    });
  });
}
