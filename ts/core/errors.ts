/** Deep enough in the stack to show the user's own code below the library's. */
const FRAMES = 40;

/**
 * What went wrong, by kind. Every error says where (an op, a function, a file), in which layer if in one, what was
 * expected and what came: `conv2d (features.0): w [8, 3, 3, 3] takes 3 channels, x [1, 4, 32, 32] has 4`.
 */
export class PhylloError extends Error {
  override readonly name: string = 'PhylloError';
  /** The layer in which it happened, as a path of fields from the outermost module: `features.0`. */
  path: string | null = null;

  constructor(
    /** The op, function or file. */
    readonly where: string,
    /** What was expected and what came. */
    readonly what: string,
    options?: ErrorOptions,
  ) {
    // Ten frames, as V8 has it, may all be the library's.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = Math.max(stackTraceLimit, FRAMES);
    super(`${where}: ${what}`, options);
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** Says in which layer it happened. */
  within(path: string): void {
    this.path = path;
    this.message = `${this.where} (${path}): ${this.what}`;
  }
}

/** Shapes that do not fit each other, or a dimension that is not there. */
export class ShapeError extends PhylloError {
  override readonly name = 'ShapeError';
}
/** Elements of the wrong type. */
export class DTypeError extends PhylloError {
  override readonly name = 'DTypeError';
}
/** An option or number outside what is allowed: a NaN learning rate, an unknown reduction. */
export class ValueError extends PhylloError {
  override readonly name = 'ValueError';
}
/** An index or label outside its range. */
export class IndexError extends PhylloError {
  override readonly name = 'IndexError';
}
/** A tensor was used after its memory went back. */
export class DisposedError extends PhylloError {
  override readonly name = 'DisposedError';
}
/** Gradients asked for where there are none, or of values that changed since. */
export class GradientError extends PhylloError {
  override readonly name = 'GradientError';
}
/** What no number should become. */
export type Anomaly = 'NaN' | 'Infinity' | '-Infinity';
/** A number became NaN or infinite: where and in which layer, see `detectAnomaly`. */
export class AnomalyError extends PhylloError {
  override readonly name = 'AnomalyError';
  /** The op; `where` may be a function made of it. */
  readonly op: string;
  readonly value: Anomaly;
  /** `backward`: the gradient by an input of the op. */
  readonly phase: 'forward' | 'backward';
  /** `file:line:column` of the innermost line outside the library that called the op; '' where the engine does not tell. */
  readonly site: string;

  constructor(
    where: string,
    what: string,
    options: ErrorOptions & Partial<Pick<AnomalyError, 'op' | 'value' | 'phase' | 'site'>> = {},
  ) {
    super(where, what, options);
    const { op = where, value = 'NaN', phase = 'forward', site = '' } = options;
    this.op = op;
    this.value = value;
    this.phase = phase;
    this.site = site;
  }
}
/** The linear memory of WebAssembly cannot grow to hold what is asked for. */
export class OutOfMemoryError extends PhylloError {
  override readonly name = 'OutOfMemoryError';
}
/** What a backend cannot do, or tensors of two backends in one op. */
export class BackendError extends PhylloError {
  override readonly name = 'BackendError';
}
/** A function that cannot become a plan, or a plan used in a way that it does not hold for. */
export class CaptureError extends PhylloError {
  override readonly name = 'CaptureError';
}
/** A file cannot be written, or its content is not what its format says. */
export class FileError extends PhylloError {
  override readonly name = 'FileError';
}
/** What a worker of a DataLoader could not do: its `cause` is what happened there. */
export class WorkerError extends PhylloError {
  override readonly name = 'WorkerError';

  constructor(
    where: string,
    what: string,
    options?: ErrorOptions,
    /** The sample that it could not make, by its index in the loader's dataset; null: no single one. */
    readonly sample: number | null = null,
  ) {
    super(where, what, options);
  }
}
