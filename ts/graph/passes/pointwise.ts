/**
 * Ops that work element by element: each element of y depends on the elements of the inputs with the same index, if all have
 * y's shape. So y may be written over one of them, and they may lie in any order.
 */
import { BINARY } from '../../ops/binary';
import { powOp } from '../../ops/power';
import { TRANSCENDENTAL } from '../../ops/transcendental';
import { UNARY } from '../../ops/unary';
import type { PlanOp } from '../graph';

/** With the gradients of functions of one element, as ops. */
export const POINTWISE: ReadonlySet<PlanOp> = new Set<PlanOp>([
  ...[powOp, ...BINARY].map(op => op.def),
  ...[...UNARY, ...TRANSCENDENTAL].flatMap(({ def, grad }) => (grad ? [def, grad.def] : [def])),
]);
