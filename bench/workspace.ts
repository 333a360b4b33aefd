import type { HostBackend } from '../ts/backend/backend';
import { values } from './values';

/** Buffers for kernels that are called without tensors, given back together. */
export class Workspace {
  private readonly blocks: [at: number, bytes: number][] = [];
  constructor(private readonly backend: HostBackend) {}

  /** Room for n results. */
  room(n: number): number {
    const bytes = n * this.backend.itemSize('f32');
    const at = this.backend.alloc(bytes);
    this.blocks.push([at, bytes]);
    return at;
  }

  /** A copy of data. */
  of(data: Float32Array): number {
    const at = this.room(data.length);
    this.backend.write(at, data, 'f32');
    return at;
  }

  /** n numbers in [−1, 1). */
  random(n: number, seed: number): number {
    return this.of(values(n, seed));
  }

  read(at: number, n: number): ArrayLike<number> {
    return this.backend.readSync(at, n, 'f32');
  }

  free(): void {
    for (const [at, bytes] of this.blocks) this.backend.free(at, bytes);
  }
}
