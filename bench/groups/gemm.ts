import { backend } from '#load';
import { ACTIVATION } from '../../ts/backend/backend';
import { rate, time, type Row } from '../measure';
import { random, release, room } from '../workspace';

/** C = f(AB), each factor stored as it is or transposed. */
function gemm(
  name: string, m: number, n: number, k: number, transposeA: boolean, transposeB: boolean, limit: number,
  activation: keyof typeof ACTIVATION = 'none',
): Row {
  const [a, b, c] = [random(m * k), random(k * n), room(m * n)];
  const [rsa, csa] = transposeA ? [1, m] : [k, 1];
  const [rsb, csb] = transposeB ? [1, k] : [n, 1];
  const f = ACTIVATION[activation];
  const t = time(() => backend.kernels.gemm(m, n, k, a, rsa, csa, b, rsb, csb, c, n, 1, 0, 0, 0, 0, 0, 0, f));
  release(a, m * k);
  release(b, k * n);
  release(c, m * n);
  return rate(name, 'GFLOP/s', (2 * m * n * k) / 1e9, t, limit);
}

export function* rows(limit: number): Generator<Row> {
  for (const n of [128, 256, 512, 1024]) {
    for (const layout of ['nn', 'tn', 'nt', 'tt']) {
      const name = `gemm-${n}x${n}x${n}${layout === 'nn' ? '' : `-${layout}`}`;
      yield gemm(name, n, n, n, layout[0] === 't', layout[1] === 't', limit);
    }
  }
  yield gemm('gemm-256x256x256-relu', 256, 256, 256, false, false, limit, 'relu');
  yield gemm('gemm-1x4096x4096', 1, 4096, 4096, false, true, limit);
  yield gemm('gemm-64x9216x4096', 64, 4096, 9216, false, true, limit);
}
