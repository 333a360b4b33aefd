/** Where in the user's code something happened in a captured function. */
import { frames, framesOf, isLibrary } from '../core/callsite';

/** Names that show in the stack whatever a minifier does: of what calls the user's function, and of what the user calls. */
const INNER = 'phyllo captured function';
export const OUTER = 'call of a phyllo plan';

/** Calls the user's function, so that `placeInside` finds it. */
export function callMarked<A extends readonly unknown[], R>(f: (...args: A) => R, args: A): R {
  return { [INNER]: (): R => f(...args) }[INNER]!();
}

/**
 * ` at file:line:column` of the innermost line outside this library that led here from the marked function, and of
 * the function's own line if that is another. Nothing where the engine does not say.
 */
export function placeInside(): string {
  const all = frames();
  const end = all.findIndex(({ text }) => text.includes(INNER));
  if (end < 1) return '';
  const own = all[end - 1]!.place;
  const inside = isLibrary(all);
  const inner = all.slice(0, end).find(frame => !inside(frame))?.place ?? own;
  return inner === own ? ` at ${own}` : ` at ${inner}, called at ${own}`;
}

/** ` at file:line:column` where a function named OUTER was called. Nothing where the engine does not say. */
export function placeOfCall(): string {
  const all = frames();
  const place = all[all.findLastIndex(({ text }) => text.includes(OUTER)) + 1]?.place;
  return place === undefined ? '' : ` at ${place}`;
}

/** ` at file:line:column` of what called the function that calls this, found when it is asked for. */
export function placeOfCaller(): () => string {
  const here = new Error();
  return () => {
    const place = framesOf(here.stack ?? '')[2]?.place;
    return place === undefined ? '' : ` at ${place}`;
  };
}
