/**
 * Ops that work element by element: each element of y depends on the elements of the inputs at the same place, if all have
 * y's shape. So y may be written over one of them, and they may lie in any order.
 */
import * as binary from '../../ops/binary';
import { pow } from '../../ops/power';
import * as unary from '../../ops/unary';
import type { PlanOp } from '../graph';

/** All of binary.ts and unary.ts, with the gradients of these functions. */
export const POINTWISE: ReadonlySet<PlanOp> = new Set<PlanOp>([
  ...[pow, ...Object.values(binary)].map(op => op.def),
  ...Object.values(unary).flatMap(op => ('grad' in op ? [op.def, op.grad.def] : [op.def])),
]);
