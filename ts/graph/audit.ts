/**
 * Whether a plan is still its function. JavaScript lets nobody watch variables, private fields or `Math.random`, so the
 * function is traced again now and then, without running, and what it does is compared with what was traced first.
 *
 * A trace is compared as text: a line for each step, with the values it reads numbered from the newest back, then what
 * is returned and what becomes of gradients. Steps that repeat give one line, which is kept once, and no memory of the
 * trace lives on in it.
 */
import { changes } from '../core/changes';
import type { DType } from '../core/dtype';
import { CaptureError } from '../core/errors';
import { show } from '../core/shape';
import { leaves, structure } from '../core/tree';
import type { Step, Value, ValueView } from './graph';
import { Result } from './execution';
import type { GradientEffect } from './gradients';
import { siteInside, siteOfCall } from './stack';
import { identity, numbers, textOf } from './text';

/** Writes a trace down, line by line. The parts of a line have tabs between them: what is done, then on what. */
export class Scribe {
  /** In the order in which they came up. */
  private readonly values: Map<Value, number> = new Map();
  /** The numbers of constants. */
  private readonly names: Map<Value, string> = new Map();
  private readonly segments: Map<number, number> = new Map();

  constructor(private readonly write: (line: string) => void) {}

  /** A value holds these numbers at each call. */
  constant(value: Value, data: ArrayLike<number>, dtype: DType): void {
    const typed =
      dtype === 'f32' ? Float32Array.from(data) : dtype === 'f64' ? Float64Array.from(data) : Int32Array.from(data);
    this.names.set(value, numbers(typed));
  }

  step({ def, params, xs, ys, segment = 0 }: Step): void {
    const parts = [
      def.name,
      ...xs.map(x => (x ? this.operand(x) : 'nothing')),
      ...ys.map(y => `to ${this.operand(y)}`),
    ];
    for (const [key, value] of Object.entries(params)) parts.push(`${key} ${textOf(value)}`);
    if (segment !== 0) {
      if (!this.segments.has(segment)) this.segments.set(segment, this.segments.size);
      parts.push(`computed again for checkpoint ${this.segments.get(segment)}`);
    }
    this.write(parts.join('\t'));
  }

  /** The function has returned. */
  end(result: unknown, gradients: readonly GradientEffect[]): void {
    this.write(`return\t${textOf(structure(result))}`);
    for (const [path, r] of leaves(result)) {
      const what = r instanceof Result ? `${this.operand(r.view)}${r.recorded ? ' with a graph' : ''}` : textOf(r);
      this.write(`return\t${path === '' ? '' : `${path}: `}${what}`);
    }
    for (const { leaf, clears, before, after } of gradients) {
      const was = before === 'any' ? '' : before === null ? ', if there was none' : ', if there was one';
      const is = after === null ? 'cleared' : after === 'same' ? 'kept' : this.operand(after);
      this.write(
        `leave a gradient\tin tensor #${identity(leaf)} ${show(leaf.shape)}\t${is}${was}${clears ? ', cleared first' : ''}`,
      );
    }
  }

  private operand({ value, address: at, shape, strides, dense, dtype }: ValueView): string {
    const { origin } = value;
    if (origin.from === 'constant' && shape.length === 0 && dtype === 'f32') return this.names.get(value) ?? 'numbers';
    const name =
      origin.from === 'local'
        ? this.local(value)
        : origin.from === 'input'
          ? `argument ${origin.index},`
          : origin.from === 'outside'
            ? `tensor #${identity(origin.storage)}`
            : origin.from === 'gradient'
              ? `gradient of tensor #${identity(origin.leaf)}`
              : (this.names.get(value) ?? 'numbers');
    return `${name} ${dtype} ${show(shape)}${dense ? '' : ` with strides ${show(strides)}`}${at === 0 ? '' : ` from byte ${at}`}`;
  }
  private local(value: Value): string {
    const { values } = this;
    const number = values.get(value);
    if (number !== undefined) return `value ${number - values.size}`;
    values.set(value, values.size);
    return 'new value';
  }
}

/** Beside its audits at calls 2, 4, 8, … a plan is audited when the count of changes moved, as often as this and … */
const AUDITS = 16;
/** … once in so many calls: where models are made at each step, that costs little. */
const CALLS = 8;

/** What one plan was traced from, and when that is looked at again. */
export class Audit {
  private readonly lines: string[] = [];
  private calls = 1;
  private next = 2;
  private audits = 0;
  private seen: number = changes();
  /** A call went by after a change: what changed then may have been used as it was. */
  private late = false;

  /** Writes down what the plan is made from. */
  record(): Scribe {
    const known = new Map<string, string>();
    return new Scribe(line => {
      const same = known.get(line) ?? line;
      known.set(same, same);
      this.lines.push(same);
    });
  }

  /** Counts a call; whether the function must be looked at before it. */
  due(): boolean {
    const moved = this.seen !== changes();
    if (++this.calls === this.next) this.next *= 2;
    else if (!moved || this.audits > AUDITS + this.calls / CALLS) {
      this.late ||= moved;
      return false;
    }
    this.audits++;
    return true;
  }

  /**
   * Whether the function, traced by `trace`, still does what was recorded. False: it does not since a change, no
   * call went by since, and another plan can replace this one.
   *
   * @throws {CaptureError} if it does not, and calls may have gone by.
   */
  passes(trace: (scribe: Scribe) => void): boolean {
    const { lines } = this;
    const safe = this.seen !== changes() && !this.late;
    let at = 0;
    let difference: string | null = null;
    const compare = (now: string | undefined): void => {
      const before = lines[at++];
      if (difference === null && before !== now) difference = `${tell(before, now)}${siteInside()}`;
    };
    trace(new Scribe(compare));
    if (at < lines.length) compare(undefined);
    this.seen = changes();
    this.late = false;
    if (difference === null || safe) return difference === null;
    throw new CaptureError(
      'capture',
      `the function called${siteOfCall()} does not do any more what its plan does: ${difference}. A plan cannot see such a change, and calls since the last check went by what was traced: pass what changes as an argument, keep it in a tensor, or call dispose() when it changes`,
    );
  }
}

/** How two lines differ. */
function tell(before: string | undefined, now: string | undefined): string {
  if (before === undefined || now === undefined) {
    return now === undefined
      ? `${whole(before ?? '')} was traced, and is left out now`
      : `${whole(now)} was not traced`;
  }
  const [was, is] = [before.split('\t'), now.split('\t')];
  if (was[0] !== is[0] || was.length !== is.length) return `${whole(before)} was traced, now ${whole(now)}`;
  const odd = was.flatMap((part, i) => (part === is[i] ? [] : [i]));
  return `${was[0]} of ${odd.map(i => was[i]).join(' and ')} was traced, now of ${odd.map(i => is[i]).join(' and ')}`;
}
function whole(line: string): string {
  const [name, ...parts] = line.split('\t');
  return `${name}(${parts.join('; ')})`;
}
