/** Where in the user's code something happened in a captured function. */
import { frames, framesOf, isLibrary } from '../core/callsite';

/** Names that show in the stack whatever a minifier does: of what calls the user's function, and of what the user calls. */
const INNER = 'phyllo captured function';
export const OUTER = 'call of a phyllo plan';

/** Calls the user's function, so that `siteInside` finds it. */
export function callMarked<A extends readonly unknown[], R>(f: (...args: A) => R, args: A): R {
  return { [INNER]: (): R => f(...args) }[INNER]!();
}

/**
 * ` at file:line:column` of the innermost line outside this library that led here from the marked function, and of
 * the function's own line if that is another. Nothing where the engine does not say.
 */
export function siteInside(): string {
  const all = frames();
  const end = all.findIndex(({ text }) => text.includes(INNER));
  if (end < 1) return '';
  const own = all[end - 1]!.location;
  const inside = isLibrary(all);
  const inner = all.slice(0, end).find(frame => !inside(frame))?.location ?? own;
  return inner === own ? ` at ${own}` : ` at ${inner}, called at ${own}`;
}

/** ` at file:line:column` where a function named OUTER was called. Nothing where the engine does not say. */
export function siteOfCall(): string {
  const all = frames();
  const location = all[all.map(({ text }) => text.includes(OUTER)).lastIndexOf(true) + 1]?.location;
  return location === undefined ? '' : ` at ${location}`;
}

/** ` at file:line:column` of what called the function that calls this, found when it is asked for. */
export function siteOfCaller(): () => string {
  const here = new Error();
  return () => {
    const location = framesOf(here.stack ?? '')[2]?.location;
    return location === undefined ? '' : ` at ${location}`;
  };
}
