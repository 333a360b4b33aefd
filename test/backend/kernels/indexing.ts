/** Kernels that read indices. */
import type { IndexKernels } from '../../../ts/backend/kernels/indexing';
import type { DType } from '../../../ts/core/dtype';
import { call, EXACT, floats, input, ints, output, ROUNDED, type Call, type Cases } from './calls';

const EXTENTS = [
  [1, 1, 1, 1],
  [1, 5, 7, 1],
  [2, 3, 4, 5],
  [3, 4, 1, 17],
  [1, 2, 9, 33],
  [2, 3, 0, 4],
  [0, 3, 2, 4],
  [2, 3, 2, 0],
];
const index = (kind: 'gather' | 'scatter', whole: boolean, dtype: DType) => (): Call[] =>
  EXTENTS.map(([outer, n, k, inner]) => {
    const [nx, ny] = [outer! * n! * inner!, outer! * k! * inner!];
    const at = input('i32', ints(whole ? k! : ny, n!));
    const data = dtype === 'f32' ? floats : (n: number): number[] => ints(n, 200);
    const [x, y] =
      kind === 'gather' ? [input(dtype, data(nx)), output(dtype, ny)] : [input(dtype, data(ny)), output(dtype, nx)];
    return call([x, at, y, outer!, n!, k!, inner!], kind === 'gather' ? EXACT : ROUNDED, true);
  });

export const indexing: Cases<IndexKernels> = {
  indexOutside: () =>
    [[], [0], [3, 1, 2], [4], [0, -1], [0, 2, 9, 4]].map(at => call([input('i32', at), at.length, 4])),
  gather: index('gather', false, 'f32'),
  scatterAdd: index('scatter', false, 'f32'),
  indexSelect: index('gather', true, 'i32'),
  indexSelect8: index('gather', true, 'u8'),
  indexAdd: index('scatter', true, 'f32'),
};
