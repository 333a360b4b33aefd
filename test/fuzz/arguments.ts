/** Arguments of calls, and what else may stand in their place. */
import type { Tensor } from 'phyllo';

/**
 * An argument of a right call. What else may stand there follows from its value: a tensor for a tensor, true for false, a
 * number for a number; `also` says what more.
 */
export interface Argument {
  readonly value: unknown;
  /** What is allowed beside: numbers for tensors, tensors for groups, tensors and null for an index, typed arrays and arrays for each other, any function, any text. */
  readonly also?: 'number' | 'boolean' | 'numbers' | 'tensor' | 'null' | 'labels' | 'index' | 'function' | 'text';
  /** Numbers in it are whole and finite. */
  readonly whole?: true;
  /** Numbers in it are finite. */
  readonly finite?: true;
  /** It holds things of one kind under any names. */
  readonly open?: true;
  /** It may be left out. */
  readonly optional?: true;
}
export interface Right {
  readonly args: readonly Argument[];
  /** Of a method: whose. */
  readonly on?: object;
}
export type Make = () => Right;

export const plain = (value: unknown): Argument => ({ value });
export const whole = (value: unknown): Argument => ({ value, whole: true });
export const finite = (value: unknown): Argument => ({ value, finite: true });
/** Things of one kind by any name. */
export const record = (value: object): Argument => ({ value, open: true });
export const optional = (a: Argument): Argument => ({ ...a, optional: true });
export const operand = (value: Tensor): Argument => ({ value, also: 'number' });
export const orNull = (value: unknown): Argument => ({ value, also: 'null', optional: true });
export const labels = (value: unknown): Argument => ({ value, also: 'labels' });
export const call = (...args: Argument[]): Right => ({ args });
export const on = (object: object, ...args: Argument[]): Right => ({ on: object, args });
/** One right call for several names. */
export const each = (names: string, make: Make): Record<string, Make> =>
  Object.fromEntries(names.split(' ').map(name => [name, make]));
