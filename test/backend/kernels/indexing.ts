/** Kernels that read indices. */
import { SCATTER, type IndexKernels } from '../../../ts/backend/kernels/indexing';
import type { DType } from '../../../ts/core/dtype';
import { call, EXACT, floats, inout, input, ints, output, ROUNDED, type Call, type Cases } from './calls';

const EXTENTS = [
  [1, 1, 1, 1],
  [1, 5, 7, 1],
  [2, 3, 4, 5],
  [3, 4, 1, 17],
  [1, 2, 9, 33],
  [2, 3, 0, 4],
  [0, 3, 2, 4],
  [2, 3, 2, 0],
  [1, 5, 7, 41],
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

const scatter = (dtype: DType) => (): Call[] =>
  EXTENTS.flatMap(([outer, n, k, inner]) =>
    Object.values(SCATTER).map(mode => {
      const [nx, ny] = [outer! * k! * inner!, outer! * n! * inner!];
      const data = dtype === 'f32' ? floats : (n: number): number[] => ints(n, 200, -100);
      const at = input('i32', ints(nx, n!));
      return call([input(dtype, data(nx)), at, inout(dtype, data(ny)), outer!, n!, k!, inner!, mode], ROUNDED, true);
    }),
  );

export const indexing: Cases<IndexKernels> = {
  indexOutside: () =>
    [[], [0], [3, 1, 2], [4], [0, -1], [0, 2, 9, 4]].map(at => call([input('i32', at), at.length, 4])),
  gather: index('gather', false, 'f32'),
  scatterAdd: index('scatter', false, 'f32'),
  scatter: scatter('f32'),
  scatterI32: scatter('i32'),
  indexSelect: index('gather', true, 'i32'),
  indexSelect8: index('gather', true, 'u8'),
  indexAdd: index('scatter', true, 'f32'),
};
