/** A call's arguments as plans tell them apart. */
import type { DType } from '../core/dtype';
import { runtime } from '../core/runtime';
import { sameShape, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { leaves, structure } from '../core/tree';

export const isTensor = (v: unknown): v is Tensor => v instanceof Tensor;

/** How arguments are put together, and what is no tensor among them. */
export interface Arrangement {
  /** '' for tensors alone. */
  readonly structure: string;
  readonly others: readonly unknown[];
}
/** Of tensors alone. */
export const PLAIN: Arrangement = { structure: '', others: [] };

export const tensorsOf = (args: readonly unknown[]): Tensor[] => [...leaves(args)].map(([, v]) => v).filter(isTensor);
export const arrangementOf = (args: readonly unknown[]): Arrangement =>
  args.every(isTensor)
    ? PLAIN
    : { structure: structure(args), others: [...leaves(args)].map(([, v]) => v).filter(v => !isTensor(v)) };

export const isObject = (v: unknown): v is object => (typeof v === 'object' && v !== null) || typeof v === 'function';

/** What calls of one plan have in common. Objects among the arguments are held weakly: a plan keeps none alive. */
export class Signature {
  private readonly recording: boolean = runtime.recording;
  private readonly shapes: readonly Shape[];
  private readonly strides: readonly Shape[];
  private readonly dtypes: readonly DType[];
  private readonly structure: string;
  /** Objects as references. */
  private readonly others: readonly unknown[];

  constructor(xs: readonly Tensor[], { structure, others }: Arrangement) {
    this.shapes = xs.map(x => [...x.shape]);
    this.strides = xs.map(x => x.strides);
    this.dtypes = xs.map(x => x.dtype);
    this.structure = structure;
    this.others = others.map(v => (isObject(v) ? new WeakRef(v) : v));
  }

  fits(xs: readonly Tensor[], { structure, others }: Arrangement): boolean {
    const { shapes, strides, dtypes } = this;
    if (this.recording !== runtime.recording || shapes.length !== xs.length || this.structure !== structure)
      return false;
    for (let i = 0; i < xs.length; i++) {
      const x = xs[i]!;
      if (dtypes[i] !== x.dtype || !sameShape(shapes[i]!, x.shape) || !sameShape(strides[i]!, x.strides)) return false;
    }
    for (let i = 0; i < others.length; i++) {
      const own = this.others[i];
      if (!Object.is(own instanceof WeakRef ? own.deref() : own, others[i])) return false;
    }
    return true;
  }
}
