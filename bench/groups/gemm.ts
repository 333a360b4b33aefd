import { ACTIVATION, type FullBackend } from '../../ts/backend/backend';
import type { Row, Task } from '../row';
import { Workspace } from '../workspace';

/** C = f(AB), C [m, n], each factor stored as it is or transposed. */
export interface Gemm {
  readonly kind: 'gemm';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** f; by default none. */
  readonly activation?: 'relu';
  /** B is a layer's weights: the same in each run, for libraries that prepare them. */
  readonly weights?: boolean;
}

function row(name: string, work: Omit<Gemm, 'kind'>): Row<Gemm> {
  const { m, n, k } = work;
  const flop = 2 * m * n * k;
  // Few rows wait for the weights, many for arithmetic.
  const bytes = 4 * (m * k + k * n + m * n);
  return { name, work: { kind: 'gemm', ...work }, unit: 'GFLOP/s', amount: flop / 1e9, flop, bytes };
}

export const rows: readonly Row<Gemm>[] = [
  ...[128, 256, 512, 1024].flatMap(n =>
    ['nn', 'tn', 'nt', 'tt'].map(layout =>
      row(`gemm-${n}x${n}x${n}${layout === 'nn' ? '' : `-${layout}`}`, {
        m: n,
        n,
        k: n,
        transposeA: layout[0] === 't',
        transposeB: layout[1] === 't',
      }),
    ),
  ),
  row('gemm-256x256x256-relu', { m: 256, n: 256, k: 256, activation: 'relu' }),
  // By weights, which are packed once beforehand where many rows gain by it; and by others.
  row('gemm-1x4096x4096', { m: 1, n: 4096, k: 4096, transposeB: true, weights: true }),
  row('gemm-64x9216x4096', { m: 64, n: 4096, k: 9216, transposeB: true, weights: true }),
  row('gemm-64x9216x4096-unpacked', { m: 64, n: 4096, k: 9216, transposeB: true }),
];

export function prepare({ m, n, k, transposeA, transposeB, activation, weights }: Gemm, backend: FullBackend): Task {
  const space = new Workspace(backend);
  const [a, b, c] = [space.random(m * k, 1), space.random(k * n, 2), space.room(m * n)];
  const [rsa, csa] = transposeA ? [1, m] : [k, 1];
  const [rsb, csb] = transposeB ? [1, k] : [n, 1];
  const f = ACTIVATION[activation ?? 'none'];
  const { gemm, gemmPackSize, gemmPack, gemmPacked } = backend.kernels;
  const size = weights ? gemmPackSize(m, k, n) : 0;
  const packed = space.room(size);
  if (size > 0) gemmPack(b, rsb, csb, k, n, packed);
  return {
    run:
      size > 0
        ? () => gemmPacked(m, n, k, a, rsa, csa, packed, c, n, 0, 0, 0, f)
        : () => gemm(m, n, k, a, rsa, csa, b, rsb, csb, c, n, 1, 0, 0, 0, 0, 0, 0, f),
    result: () => space.read(c, m * n),
    free: () => space.free(),
  };
}
