/**
 * The memory in which plans compute. Two plans never run at once: JavaScript runs one thing at a time, and a captured
 * function inside another is part of its plan. So all plans of a backend share one block, as large as the largest needs.
 */
import type { Backend } from '../backend/backend';
import { onShortage } from '../core/reclaim';
import { runtime } from '../core/runtime';
import { Storage } from '../core/storage';

/** Fresh memory with one reference. */
export function block(backend: Backend, bytes: number): Storage {
  const storage = Storage.of(backend, bytes);
  storage.retain();
  return storage;
}

class Workspace {
  readonly leases: Set<Lease> = new Set();
  block: Storage | null = null;

  constructor(readonly backend: Backend) {}

  grow(bytes: number): number {
    this.release(); // it holds nothing between two calls
    this.block = block(this.backend, bytes);
    return this.block.at;
  }
  release(): void {
    this.block?.release();
    this.block = null;
  }
}
const workspaces: WeakMap<Backend, Workspace> = new WeakMap();
// Nothing is allocated between the time when a plan asks for the block and its end.
onShortage(() => workspaces.get(runtime.backend)?.release());

/** A plan's share in the block. */
export class Lease {
  private readonly workspace: Workspace;

  constructor(
    backend: Backend,
    readonly bytes: number,
  ) {
    let workspace = workspaces.get(backend);
    if (!workspace) workspaces.set(backend, (workspace = new Workspace(backend)));
    this.workspace = workspace;
    workspace.leases.add(this);
  }

  /** Where the block is now. It stays there until something is allocated or a lease ends. */
  address(): number {
    const { block } = this.workspace;
    return block !== null && block.bytes >= this.bytes
      ? block.at
      : this.bytes === 0
        ? 0
        : this.workspace.grow(this.bytes);
  }

  /** What nobody else needs of the block is given back. */
  end(): void {
    const { leases, block } = this.workspace;
    leases.delete(this);
    if (block === null) return;
    for (const { bytes } of leases) if (bytes >= block.bytes) return;
    this.workspace.release();
  }
}
