/** Batches on their way between threads: their tensors as bytes, which are handed over and not copied. */
import { fromBytes } from '../../core/given';
import { readable, unreachable } from '../../core/reading';
import { Tensor } from '../../core/tensor';
import { mapLeaves } from '../../core/tree';
import { contiguous } from '../../ops/view';
import type { Packed, Sent } from './messages';

/** The elements of a tensor in row-major order, bit by bit. */
function sent(t: Tensor): Sent {
  readable(t, 'DataLoader');
  const { backend } = t.storage;
  if (backend.readBytes === undefined) throw unreachable(backend, 'DataLoader');
  const { address, size, dtype, shape } = contiguous(t.detach());
  return { dtype, shape, bytes: backend.readBytes(address, size, dtype) };
}

/** A batch as a message, which may be handed over with the memory of its tensors. */
export function pack(batch: unknown): Packed {
  const tensors: Sent[] = [];
  const leaves: number[] = [];
  let leaf = 0;
  const tree = mapLeaves(batch, v => {
    leaf++;
    if (!(v instanceof Tensor)) return v;
    leaves.push(leaf - 1);
    tensors.push(sent(v));
    return null;
  });
  return { tree, tensors, leaves };
}

/** The batch again, of tensors of this thread. */
export function unpack<T>(packed: Packed): T;
export function unpack({ tree, tensors, leaves }: Packed): unknown {
  let [leaf, next] = [0, 0];
  return mapLeaves(tree, v => {
    if (leaf++ !== leaves[next]) return v;
    const { bytes, shape, dtype } = tensors[next++]!;
    return fromBytes(bytes, shape, dtype);
  });
}
