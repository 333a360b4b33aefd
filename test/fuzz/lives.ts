/** Which tensors are alive, as the documentation says it: a model that knows nothing of storage. */
import type { Tensor } from 'phyllo';

/** A scope of the program. */
export interface Block {
  readonly around: Block | null;
}
/**
 * live: must be there. freed: by `dispose`. ended: its scope has; a lone number may be read still. loose: the library
 * may free it (gradients, and what no scope owns of a graph).
 */
export type Fate = 'live' | 'freed' | 'ended' | 'loose';
interface Life {
  fate: Fate;
  /** null: no scope frees it. */
  block: Block | null;
}

export class Lives {
  private readonly of: Map<Tensor, Life> = new Map();
  /** The innermost scope. */
  block: Block | null;

  constructor(scoped: boolean) {
    this.block = scoped ? { around: null } : null;
  }

  fate(t: Tensor): Fate {
    return this.of.get(t)?.fate ?? 'live';
  }
  made(t: Tensor, loose: boolean): void {
    if (this.of.has(t)) return;
    const graph = this.block === null && t.requiresGrad;
    this.of.set(t, { fate: loose || graph ? 'loose' : 'live', block: this.block });
  }
  /** By `dispose`; what its scope has freed stays as it is. */
  freed(t: Tensor): void {
    if (this.fate(t) !== 'ended') this.of.set(t, { fate: 'freed', block: null });
  }
  kept(t: Tensor): void {
    const life = this.of.get(t);
    if (life) life.block = null;
  }
  enter(): Block {
    return (this.block = { around: this.block });
  }
  /** A scope has ended: what it made is freed, but what it returned. */
  leave(block: Block, returned: readonly Tensor[] = []): void {
    this.block = block.around;
    for (const [t, life] of this.of) {
      if (life.block !== block) continue;
      if (returned.includes(t)) life.block = block.around;
      else life.fate = 'ended';
    }
  }
}
