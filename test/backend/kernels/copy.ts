/** Kernels that fill and copy. */
import type { CopyKernels } from '../../../ts/backend/kernels/copy';
import type { DType } from '../../../ts/core/dtype';
import { below, call, input, ints, output, random, reach, SIZES, type Call, type Cases } from './calls';

const copy = (dtype: DType) => (): Call[] => {
  const calls: Call[] = [];
  for (let round = 0; round < 150; round++) {
    const n = [below(3) + 1, below(4), below(8) + 1, SIZES[below(SIZES.length)]!].sort(() => random() - 0.5);
    const layout = (): number[] => {
      const strides = [0, 0, 0, 0];
      let step = 1;
      for (const i of [0, 1, 2, 3].sort(() => random() - 0.5)) {
        strides[i] = step;
        step *= Math.max(1, n[i]!) + (round % 2 ? 0 : below(3));
      }
      return strides;
    };
    const [x, y] = [layout(), layout()];
    if (round % 5 === 0) x[below(4)] = 0;
    const [[i, nx], [, ny]] = [reach(n, x), reach(n, y)];
    calls.push(call([input(dtype, ints(nx, 200), i), output(dtype, ny), ...n, ...x, ...y]));
  }
  return calls;
};

export const copies: Cases<CopyKernels> = {
  fill: () => SIZES.map(n => call([output('f32', n), n, 0.5])),
  fillI32: () => SIZES.map(n => call([output('i32', n), n, -5])),
  fill8: () => SIZES.map(n => call([output('u8', n), n, 200])),
  copy: () => [...copy('f32')(), ...copy('i32')()],
  copy8: () => [...copy('u8')(), ...copy('bool')()],
  copy16: copy('f16'),
  copy64: () => [...copy('f64')(), ...copy('i64')()],
};
