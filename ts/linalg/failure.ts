/** How factorisations fail. */
import { PhylloError } from '../core/errors';
import { defineParametricOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { checkIndices } from '../ops/indices';

/** A matrix that has no such factorisation, inverse or decomposition. */
export class LinAlgError extends PhylloError {
  override readonly name = 'LinAlgError';
}

interface Failure {
  /** The public function. */
  readonly where: string;
  /** What is wrong with a matrix, given the entry of `info`, from 1. */
  readonly what: (info: number | string) => string;
}
interface Found extends Failure {
  /** There is no batch. */
  readonly lone: boolean;
}
function fault({ where, what, lone }: Found, position: number, value: number | undefined): LinAlgError {
  return new LinAlgError(where, `${lone ? 'the matrix' : `matrix ${position} of the batch`} ${what(value ?? '?')}`);
}

/** Throws where an entry of info is not 0; it has an output, which is empty, since it works on nothing in place. */
const infoOp: Op<[info: Tensor], Found> = defineParametricOp({
  name: 'checkInfo',
  inputs: ['info'],
  wants: { info: 'i32' },
  shape: () => [0],
  run: (k, [info], _, failure) => checkIndices(k, failure.where, info, 1, (...found) => fault(failure, ...found)),
  fault,
  flops: () => 0,
});
/** Throws a LinAlgError, eagerly or as a plan runs, for the first entry of `info` that is not 0. */
export function checkInfo(info: Tensor, failure: Failure): void {
  infoOp(info, { ...failure, lone: info.ndim === 0 });
}
