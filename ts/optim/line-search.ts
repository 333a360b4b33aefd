/** The step length of a descent: by Wolfe's conditions, cubic interpolation and bisection (Nocedal & Wright 2006, 3.5). */

/** Where a line search has been: at step length t the loss, its slope along the direction, and the gradient. */
export interface Point<G> {
  readonly t: number;
  readonly loss: number;
  readonly slope: number;
  readonly gradient: G;
}

/** How much of the slope at the start the loss must fall by, and how much of it may be left. */
const [C1, C2] = [1e-4, 0.9];
/** Evaluations after the first. */
const MOST = 25;

/**
 * Where the cubic through two points, by their losses and slopes, is least, held within bounds: by default the points. Where it
 * has no minimum, the middle.
 */
function interpolate<G>(
  a: Point<G>,
  b: Point<G>,
  low: number = Math.min(a.t, b.t),
  high: number = Math.max(a.t, b.t),
): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const mean = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = mean ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const root = Math.sqrt(square);
  const share = (right.slope + root - mean) / (right.slope - left.slope + 2 * root);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, low), high);
}

/**
 * A step length at which Wolfe's strong conditions hold: the loss has fallen by C1 of what the slope promised, and the slope's size
 * is at most C2 of what it was. The best one that was seen, where they do not hold within 25 evaluations, or where the steps that are
 * left differ by less than `narrow`. PyTorch's `_strong_wolfe`, evaluation for evaluation.
 *
 * @param at the loss and its slope at a step length.
 * @param start at step length 0; its slope is below 0.
 * @param first the step length to try first.
 */
export function strongWolfe<G>(
  at: (t: number) => Point<G>,
  start: Point<G>,
  first: number,
  narrow: (length: number) => boolean,
): Point<G> {
  const high = (p: Point<G>): boolean => p.loss > start.loss + C1 * p.t * start.slope;
  const flat = (p: Point<G>): boolean => Math.abs(p.slope) <= -C2 * start.slope;
  let [previous, now] = [start, at(first)];
  let tries = 0;
  // Ever further, until two points have a minimum between them.
  for (; tries < MOST; tries++) {
    if (high(now) || (tries > 1 && now.loss >= previous.loss)) break;
    if (flat(now)) return now;
    if (now.slope >= 0) break;
    const t = interpolate(previous, now, now.t + 0.01 * (now.t - previous.t), now.t * 10);
    [previous, now] = [now, at(t)];
  }
  if (tries === MOST) previous = start;
  let [best, other] = previous.loss <= now.loss ? [previous, now] : [now, previous];
  // Then ever closer. `stuck`: the last point was near an end of the interval.
  for (let stuck = false; tries < MOST; tries++) {
    const [least, most] = [Math.min(best.t, other.t), Math.max(best.t, other.t)];
    if (narrow(most - least)) break;
    let t = interpolate(best, other);
    const margin = 0.1 * (most - least);
    const near = Math.min(most - t, t - least) < margin;
    if (near && (stuck || t >= most || t <= least)) {
      t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
      stuck = false;
    } else stuck = near;
    const next = at(t);
    if (high(next) || next.loss >= best.loss) {
      other = next;
      if (other.loss < best.loss) [best, other] = [other, best];
    } else if (flat(next)) return next;
    else {
      if (next.slope * (other.t - best.t) >= 0) other = best;
      best = next;
    }
  }
  return best;
}
