/** Layers that put a border around sequences, images and volumes, with or without a batch. Nothing is learned here. */
import { ShapeError } from '../core/errors';
import { aNumber, check, checkCount, either, every, isWholeNumber, kind, wholeNumber, type Kind } from '../core/kinds';
import { show, type Shape } from '../core/shape';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { pad, type PadMode } from '../ops/pad';
import { Layer } from './module';

/** How wide a border is: everywhere, or [left, right], then [top, bottom], then [front, back]. */
export type PadSizes = number | Shape;

const sizes = (dims: number): Kind<PadSizes> =>
  either(
    wholeNumber(-Infinity),
    kind<Shape>(
      `a list of ${2 * dims} of them`,
      v => Array.isArray(v) && v.length === 2 * dims && every(v, e => isWholeNumber(e, -Infinity)),
    ),
  );

/** What the layers share; `dims` directions are padded. */
abstract class Padding extends Layer {
  /** [before, after] of the last dimension, then of the one before it. */
  readonly padding: Shape;

  constructor(
    dims: number,
    readonly mode: PadMode,
    padding: PadSizes,
    readonly value: number,
  ) {
    super();
    const where = this.constructor.name;
    checkArguments(
      where,
      [
        ['padding', sizes(dims)],
        ['value', aNumber()],
      ],
      [padding, value],
    );
    this.padding = typeof padding === 'number' ? new Array<number>(2 * dims).fill(padding) : [...padding];
  }
  forward(x: Tensor): Tensor {
    const where = this.constructor.name;
    check(where, 'x', aTensor, x);
    const dims = this.padding.length / 2;
    if (x.ndim !== dims + 1 && x.ndim !== dims + 2) {
      throw new ShapeError(
        where,
        `x takes ${dims + 2} dimensions, or ${dims + 1} without a batch, this is ${show(x.shape)}`,
      );
    }
    return pad(x, this.padding, this.mode, this.value);
  }
}
/** A border of `value` around sequences. */
export class ConstantPad1d extends Padding {
  constructor(padding: PadSizes, value: number) {
    checkCount('ConstantPad1d', 2, arguments);
    super(1, 'constant', padding, value);
  }
}
/** A border of `value` around images. */
export class ConstantPad2d extends Padding {
  constructor(padding: PadSizes, value: number) {
    checkCount('ConstantPad2d', 2, arguments);
    super(2, 'constant', padding, value);
  }
}
/** A border of `value` around volumes. */
export class ConstantPad3d extends Padding {
  constructor(padding: PadSizes, value: number) {
    checkCount('ConstantPad3d', 2, arguments);
    super(3, 'constant', padding, value);
  }
}
/** A border of zeros around sequences. */
export class ZeroPad1d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ZeroPad1d', 1, arguments);
    super(1, 'constant', padding, 0);
  }
}
/** A border of zeros around images. */
export class ZeroPad2d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ZeroPad2d', 1, arguments);
    super(2, 'constant', padding, 0);
  }
}
/** A border of zeros around volumes. */
export class ZeroPad3d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ZeroPad3d', 1, arguments);
    super(3, 'constant', padding, 0);
  }
}
/** A border around sequences that mirrors them at their edge. */
export class ReflectionPad1d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ReflectionPad1d', 1, arguments);
    super(1, 'reflect', padding, 0);
  }
}
/** A border around images that mirrors them at their edge. */
export class ReflectionPad2d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ReflectionPad2d', 1, arguments);
    super(2, 'reflect', padding, 0);
  }
}
/** A border around volumes that mirrors them at their edge. */
export class ReflectionPad3d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ReflectionPad3d', 1, arguments);
    super(3, 'reflect', padding, 0);
  }
}
/** A border around sequences that repeats their edge. */
export class ReplicationPad1d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ReplicationPad1d', 1, arguments);
    super(1, 'replicate', padding, 0);
  }
}
/** A border around images that repeats their edge. */
export class ReplicationPad2d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ReplicationPad2d', 1, arguments);
    super(2, 'replicate', padding, 0);
  }
}
/** A border around volumes that repeats their edge. */
export class ReplicationPad3d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('ReplicationPad3d', 1, arguments);
    super(3, 'replicate', padding, 0);
  }
}
/** A border around sequences that goes on at their other end. */
export class CircularPad1d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('CircularPad1d', 1, arguments);
    super(1, 'circular', padding, 0);
  }
}
/** A border around images that goes on at their other end. */
export class CircularPad2d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('CircularPad2d', 1, arguments);
    super(2, 'circular', padding, 0);
  }
}
/** A border around volumes that goes on at their other end. */
export class CircularPad3d extends Padding {
  constructor(padding: PadSizes) {
    checkCount('CircularPad3d', 1, arguments);
    super(3, 'circular', padding, 0);
  }
}
