/**
 * TensorBoard's event files: records of TFRecord (length, its checksum, data, its checksum), whose data are messages of
 * tensorflow/core/util/event.proto and framework/summary.proto.
 */
import { encode } from 'fast-png';
import { PbfWriter } from 'pbf';
import { ShapeError, Tensor } from 'phyllo';
import { anyNumber, aTensor, aText, check, display, either, kind, wholeNumber, type Kind } from 'phyllo/kinds';
import { crc32c } from './crc';
import { appendFile, ensureFolder, join } from './files';

/** Bins of a histogram. */
const BINS = 30;
const MASK = 0xa282ead8;

/** TFRecord's checksum, masked so that a record may hold records. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK) >>> 0;
}
function recordOf(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(16 + data.length);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return out;
}

/** Writes a value of a summary into a message, by its field of `Summary.Value`. */
type Value = (pbf: PbfWriter) => void;

/** An `Event`: wall time in seconds, and what it is of. */
function eventOf(write: Value): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, Date.now() / 1000);
  write(pbf);
  return recordOf(pbf.finish());
}
const message = (pbf: PbfWriter, field: number, write: Value): void => pbf.writeMessage(field, (f, to) => f(to), write);
/** One value under a tag, at a step. */
const summary = (step: number, tag: string, value: Value): Uint8Array =>
  eventOf(pbf => {
    pbf.writeVarintField(2, step);
    message(pbf, 5, all =>
      message(all, 1, one => {
        one.writeStringField(1, tag);
        value(one);
      }),
    );
  });

/** `HistogramProto`: counts in bins of one width from the least to the largest number; those that are not finite are left out. */
function histogram(numbers: ArrayLike<number>): Value {
  const [low, high, n, sum, squares] = momentsOf(numbers);
  const width = (high - low) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (let i = 0; i < numbers.length; i++) {
    const v = numbers[i]!;
    if (Number.isFinite(v)) counts[Math.min(BINS - 1, Math.floor((v - low) / width))]!++;
  }
  return pbf => {
    for (const [i, v] of [low, high, n, sum, squares].entries()) pbf.writeDoubleField(i + 1, v);
    pbf.writePackedDouble(
      6,
      counts.map((_, i) => low + (i + 1) * width),
    );
    pbf.writePackedDouble(7, counts);
  };
}
function momentsOf(numbers: ArrayLike<number>): [low: number, high: number, n: number, sum: number, squares: number] {
  let [low, high, n, sum, squares] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < numbers.length; i++) {
    const v = numbers[i]!;
    if (!Number.isFinite(v)) continue;
    [low, high] = [Math.min(low, v), Math.max(high, v)];
    n++;
    sum += v;
    squares += v * v;
  }
  return n === 0 ? [0, 0, 0, 0, 0] : [low, high, n, sum, squares];
}

/** Numbers from 0 to 1, [c, h, w] of one, three or four channels, as a PNG. */
function pngOf(image: Tensor): { data: Uint8Array; width: number; height: number; channels: number } {
  const [channels = 0, height = 0, width = 0] = image.shape;
  if (image.ndim !== 3 || ![1, 3, 4].includes(channels) || width * height === 0) {
    throw new ShapeError('SummaryWriter.addImage', `takes [1, 3 or 4 channels, h, w], this is ${display(image)}`);
  }
  const numbers = image.toArray();
  const plane = width * height;
  const bytes = Uint8Array.from({ length: channels * plane }, (_, i) =>
    Math.round(255 * Math.min(1, Math.max(0, numbers[(i % channels) * plane + Math.floor(i / channels)]!))),
  );
  return { data: encode({ width, height, channels, data: bytes }), width, height, channels };
}

/**
 * Writes what TensorBoard shows, into a file of its own in a folder, as torch.utils.tensorboard does. Events gather until
 * `flush`, which appends them: a process that is killed leaves whole records, and at most one that is cut off, which
 * TensorBoard passes over.
 */
export class SummaryWriter {
  private readonly name: string =
    `events.out.tfevents.${Math.floor(Date.now() / 1000)}.phyllo.${globalThis.process?.pid ?? 0}.${count++}`;
  private pending: Uint8Array[] = [eventOf(pbf => pbf.writeStringField(3, 'brain.Event:2'))];

  /** @param logDir the folder, made with the first `flush` if it is not there. */
  constructor(readonly logDir: string) {
    check('SummaryWriter', 'logDir', aText, logDir);
  }

  addScalar(tag: string, value: number, step: number): void {
    this.add('addScalar', tag, step, () => {
      check('SummaryWriter.addScalar', 'value', anyNumber, value);
      return pbf => pbf.writeFloatField(2, value);
    });
  }
  /** @param values a tensor, or numbers: of any count. */
  addHistogram(tag: string, values: Tensor | ArrayLike<number>, step: number): void {
    this.add('addHistogram', tag, step, () => {
      check('SummaryWriter.addHistogram', 'values', either(aTensor, numbers), values);
      const write = histogram(values instanceof Tensor ? values.toArray() : values);
      return pbf => message(pbf, 5, write);
    });
  }
  /**
   * @param image [c, h, w] of numbers from 0 to 1, c being 1 (grey), 3 (colours) or 4 (with opacity).
   * @throws {ShapeError} for other shapes.
   */
  addImage(tag: string, image: Tensor, step: number): void {
    this.add('addImage', tag, step, () => {
      check('SummaryWriter.addImage', 'image', aTensor, image);
      const { data, width, height, channels } = pngOf(image);
      return pbf =>
        message(pbf, 4, one => {
          for (const [i, v] of [height, width, channels].entries()) one.writeVarintField(i + 1, v);
          one.writeBytesField(4, data);
        });
    });
  }
  private add(method: string, tag: string, step: number, value: () => Value): void {
    check(`SummaryWriter.${method}`, 'tag', aText, tag);
    check(`SummaryWriter.${method}`, 'step', wholeNumber(0, Number.MAX_SAFE_INTEGER), step);
    this.pending.push(summary(step, tag, value()));
  }

  /** Appends what has gathered. @throws {FileError} where it cannot be written; then it is kept. */
  async flush(): Promise<void> {
    const { pending } = this;
    this.pending = [];
    try {
      await ensureFolder(this.logDir);
      await appendFile(join(this.logDir, this.name), pending);
    } catch (e) {
      this.pending = [...pending, ...this.pending];
      throw e;
    }
  }
}
/** Writers so far: each has a file of its own. */
let count = 0;
const numbers: Kind<ArrayLike<number>> = kind(
  'an array of numbers',
  v => (Array.isArray(v) || ArrayBuffer.isView(v)) && Array.from(Object(v)).every(e => typeof e === 'number'),
);
