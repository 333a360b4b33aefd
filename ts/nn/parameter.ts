/** What a module holds: tensors that are saved with it, and that live as long as it does. */
import { noteChange } from '../core/changes';
import { aBoolean, check, checkCount, options as optionsOf, type Keys } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { keepState } from '../core/scope';
import { Tensor } from '../core/tensor';

/** A parameter or a buffer. */
export class State extends Tensor {
  constructor(where: string, data: Tensor) {
    check(where, 'data', aTensor, data);
    super(data.storage, data.shape, data.strides, data.offset, data.dtype, data.dense);
    this.made = where;
    keepState(this);
    noteChange();
  }

  override dispose(): void {
    if (!this.disposed) noteChange();
    super.dispose();
  }
  override [Symbol.dispose](): void {
    if (!this.disposed) noteChange();
    super[Symbol.dispose]();
  }
}

/** A tensor that training changes: a leaf, kept until its module goes. */
export class Parameter extends State {
  /** Tells the compiler that a plain tensor is no parameter. */
  declare protected readonly kind: 'parameter';

  /**
   * @param data its values, whose memory it shares.
   * @param requiresGrad false: it is saved with the others, but not trained.
   * @throws {DisposedError} if `data` was freed.
   */
  constructor(data: Tensor, requiresGrad = true) {
    checkCount('Parameter', 2, arguments);
    check('Parameter', 'requiresGrad', aBoolean, requiresGrad);
    super('Parameter', data);
    if (requiresGrad) this.requiresGrad = true;
  }

  override get requiresGrad(): boolean {
    return super.requiresGrad;
  }
  override set requiresGrad(on: boolean) {
    if (on !== super.requiresGrad) noteChange();
    super.requiresGrad = on;
  }
}
export interface BufferOptions {
  /** Whether it is saved with the parameters. Default true. */
  readonly persistent?: boolean;
}
export const bufferKeys: Keys<BufferOptions> = { persistent: aBoolean };

/** State that is saved with the parameters but not trained: running means, say. */
export class Buffer extends State {
  /** Tells the compiler that a plain tensor is no buffer. */
  declare protected readonly kind: 'buffer';
  /** Whether it is saved with the parameters. */
  readonly persistent: boolean;

  /**
   * @param data its values, whose memory it shares.
   * @throws {DisposedError} if `data` was freed.
   */
  constructor(data: Tensor, options: BufferOptions = {}) {
    checkCount('Buffer', 2, arguments);
    check('Buffer', 'options', optionsOf<BufferOptions>(bufferKeys), options);
    super('Buffer', data);
    this.persistent = options.persistent ?? true;
  }
}
