/** Layers that move pixels: other sizes, channels as space, windows as columns. Nothing is learned here. */
import { ValueError } from '../core/errors';
import { options as optionsOf, wholeNumber, type Kind } from '../core/kinds';
import { byPosition, checkArguments, checkConstructor, type Positional } from '../core/signature';
import { aPair, type Pair } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { INTERPOLATE_ORDER, interpolate, interpolateKeys, type InterpolateOptions } from '../ops/interpolate';
import {
  channelShuffle,
  fold,
  pixelShuffle,
  pixelUnshuffle,
  unfold,
  UNFOLD_ORDER,
  unfoldKeys,
  type UnfoldOptions,
} from '../ops/shuffle';
import { Layer } from './module';

/** x in another size: see {@link interpolate}. */
export class Upsample extends Layer {
  readonly options: InterpolateOptions | undefined;

  constructor(...options: Positional<InterpolateOptions, typeof INTERPOLATE_ORDER>) {
    super();
    this.options = byPosition<InterpolateOptions, typeof INTERPOLATE_ORDER>('Upsample', 0, INTERPOLATE_ORDER, options);
    checkArguments('Upsample', [['options', optionsOf(interpolateKeys)]], [this.options]);
    if ((this.options?.size === undefined) === (this.options?.scaleFactor === undefined)) {
      throw new ValueError('Upsample', 'takes either size or scaleFactor');
    }
  }
  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}

const factor: Kind<number> = wholeNumber(1);
/** r² channels as squares of r × r pixels. */
export class PixelShuffle extends Layer {
  constructor(readonly upscaleFactor: number) {
    super();
    checkConstructor<typeof PixelShuffle>('PixelShuffle', [['upscaleFactor', factor]], arguments);
  }
  forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
}
/** Squares of r × r pixels as r² channels. */
export class PixelUnshuffle extends Layer {
  constructor(readonly downscaleFactor: number) {
    super();
    checkConstructor<typeof PixelUnshuffle>('PixelUnshuffle', [['downscaleFactor', factor]], arguments);
  }
  forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
}
/** Channels of all groups in turn. */
export class ChannelShuffle extends Layer {
  constructor(readonly groups: number) {
    super();
    checkConstructor<typeof ChannelShuffle>('ChannelShuffle', [['groups', factor]], arguments);
  }
  forward(x: Tensor): Tensor {
    return channelShuffle(x, this.groups);
  }
}
/** The windows of images as columns: see {@link unfold}. */
export class Unfold extends Layer {
  readonly options: UnfoldOptions | undefined;

  constructor(
    readonly kernelSize: Pair,
    ...options: Positional<UnfoldOptions, typeof UNFOLD_ORDER>
  ) {
    super();
    this.options = byPosition<UnfoldOptions, typeof UNFOLD_ORDER>('Unfold', 1, UNFOLD_ORDER, options);
    checkArguments(
      'Unfold',
      [
        ['kernelSize', aPair(1)],
        ['options', optionsOf(unfoldKeys)],
      ],
      [kernelSize, this.options],
    );
  }
  forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this.options);
  }
}
/** Columns added up to images: see {@link fold}. */
export class Fold extends Layer {
  readonly options: UnfoldOptions | undefined;

  constructor(
    readonly outputSize: Pair,
    readonly kernelSize: Pair,
    ...options: Positional<UnfoldOptions, typeof UNFOLD_ORDER>
  ) {
    super();
    this.options = byPosition<UnfoldOptions, typeof UNFOLD_ORDER>('Fold', 2, UNFOLD_ORDER, options);
    checkArguments(
      'Fold',
      [
        ['outputSize', aPair(1)],
        ['kernelSize', aPair(1)],
        ['options', optionsOf(unfoldKeys)],
      ],
      [outputSize, kernelSize, this.options],
    );
  }
  forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this.options);
  }
}
