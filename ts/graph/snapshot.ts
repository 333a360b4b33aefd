/** What calls of a plan change, as it was before them: measuring a training step must not train. */
import type { Backend } from '../backend/backend';
import { Storage } from '../core/storage';
import { Tensor } from '../core/tensor';

/** Memory, and a copy of it. */
interface Copy {
  readonly of: Storage;
  readonly copy: Storage;
}

export class Snapshot {
  private readonly copies: readonly Copy[];
  /** Leaves, and the gradient of each. */
  private readonly gradients: readonly {
    readonly leaf: Tensor;
    readonly grad: Tensor | null;
    readonly copy?: Storage;
  }[];

  constructor(
    private readonly backend: Backend,
    storages: Iterable<Storage>,
    leaves: readonly Tensor[],
  ) {
    const copied = new Map<Storage, Storage>();
    try {
      for (const storage of [...storages, ...leaves.flatMap(({ leaf }) => leaf?.grad?.storage ?? [])]) {
        if (copied.has(storage)) continue;
        const copy = Storage.of(backend, storage.bytes);
        copy.retain();
        copied.set(storage, copy);
        this.move(storage, copy);
      }
    } catch (e) {
      for (const copy of copied.values()) copy.release();
      throw e;
    }
    this.copies = [...copied].map(([of, copy]) => ({ of, copy }));
    this.gradients = leaves.map(tensor => {
      const grad = tensor.leaf?.grad ?? null;
      return { leaf: tensor, grad, copy: grad === null ? undefined : copied.get(grad.storage) };
    });
  }

  private move(from: Storage, to: Storage): void {
    const words = from.bytes % 4 === 0;
    const n = words ? from.bytes / 4 : from.bytes;
    if (n > 0) this.backend.kernels[words ? 'copy' : 'copy8'](from.at, to.at, 1, 1, 1, n, 0, 0, 0, 1, 0, 0, 0, 1);
  }

  /** Puts it back. What was saved for gradients meanwhile is stale, as after any write. */
  restore(): void {
    for (const { of, copy } of this.copies) {
      if (of.refs <= 0) continue; // a gradient that was replaced, and freed
      this.move(copy, of);
      of.version++;
    }
    for (const { leaf, grad, copy } of this.gradients) {
      if (leaf.leaf === null || leaf.leaf.grad === grad) continue;
      if (grad === null || copy === undefined) leaf.grad = null;
      else if (!grad.disposed) leaf.grad = grad;
      else {
        const own = Storage.of(this.backend, copy.bytes);
        this.move(copy, own);
        leaf.grad = new Tensor(own, grad.shape, grad.strides, grad.offset, grad.dtype, grad.dense);
      }
    }
  }

  free(): void {
    for (const { copy } of this.copies) copy.release();
  }
}
