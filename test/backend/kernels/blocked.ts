/** Kernels for batches in the blocked layout. */
import type { BlockedKernels } from '../../../ts/backend/backend';
import { call, floats, input, ints, output, ROUNDED, SIZES, SUMMED, type Call, type Cases } from './calls';
import { conv2d, inBlocks } from './convolution';
import { avgPool2d, pools } from './pool';

const maxPool2dBlocked = (): Call[] =>
  pools(true).flatMap(({ n, m, planes, sizes }, round) => {
    const x = input('f32', round % 3 ? floats(8 * n) : ints(8 * n, 5, -2).map((x, i) => (i % 29 === 28 ? NaN : x)));
    return [0, 1].flatMap(relu => [
      call([x, output('u8', 8 * m), output('f32', 8 * m), planes, ...sizes, 0, relu]),
      call([x, output('i32', 8 * m), output('f32', 8 * m), planes, ...sizes, 1, relu]),
      call([x, 0, output('f32', 8 * m), planes, ...sizes, 0, relu]),
    ]);
  });
const maxPool2dBlockedGrad = (): Call[] =>
  pools(true).flatMap(({ n, m, taps, planes, sizes, inside }, round) => {
    // Among those that lie inside, or none.
    const padded = sizes[8]! > 0 || sizes[9]! > 0 || round % 2 === 1;
    const at = ints(8 * m, taps + 1).map(tap => (padded && tap < taps ? inside : tap));
    return (['u8', 'i32'] as const).map((dtype, wide) =>
      call(
        [input('f32', floats(8 * m)), input(dtype, at), output('f32', 8 * n), planes, ...sizes, wide],
        ROUNDED,
        true,
      ),
    );
  });

/** Images, planes and the size of one. */
const BATCHES: readonly (readonly [n: number, c: number, size: number])[] = [0, 1, 5, 8, 9, 24].flatMap(n =>
  SIZES.map(size => [n, 1 + (size % 3), size] as const),
);

/** Which batches are brought into blocks is the backend's own matter. */
export const inBlockedLayout: Cases<Omit<BlockedKernels, 'conv2dTakesBlocked'>> = {
  toBlocked: () =>
    BATCHES.map(([n, , size]) => call([input('f32', floats(n * size)), output('f32', inBlocks(n, size)), n, size])),
  fromBlocked: () =>
    BATCHES.map(([n, , size]) => call([input('f32', floats(inBlocks(n, size))), output('f32', n * size), n, size])),
  sumBlocked: () =>
    BATCHES.map(([n, c, size]) =>
      call([input('f32', floats(inBlocks(n, c * size))), output('f32', c), n, c, size], SUMMED, true),
    ),
  conv2dBlocked: conv2d('y', true),
  conv2dBlockedGradX: conv2d('x', true),
  conv2dBlockedGradW: conv2d('w', true),
  maxPool2dBlocked,
  maxPool2dBlockedGrad,
  avgPool2dBlocked: avgPool2d(false, 8),
  avgPool2dBlockedGrad: avgPool2d(true, 8),
};
