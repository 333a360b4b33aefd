/** What a loader and its workers tell each other. */
import type { DType } from '../../core/dtype';
import { isPlain } from '../../core/tree';

/** A batch to make. */
export interface Job {
  readonly id: number;
  /** The epoch that it is of: it ends, and its jobs with it. */
  readonly epoch: number;
  /** Samples of the worker's dataset. */
  readonly indices: Int32Array;
  /** The place in the epoch of the first of them. */
  readonly first: number;
  /** Where the epoch's random numbers start from. */
  readonly key: readonly [number, number];
}
/** To a worker: what its dataset is made of, comes first; an epoch that has ended; and whether it is there. */
export type Order = { readonly args: readonly unknown[] } | { readonly ended: number } | Job | 'hello?';

/** A tensor on its way to another thread. */
export interface Sent {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}
/** A batch on its way: lists and records of anything, and the tensors that are some of the leaves. */
export interface Packed {
  readonly tree: unknown;
  readonly tensors: readonly Sent[];
  /** Which leaves these are. */
  readonly leaves: readonly number[];
}
/** An error on its way. */
export interface Fault {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of one of the library's: where, and what. */
  readonly parts: readonly [string, string] | undefined;
  /** What it has besides, as far as that is plain data: a `code`, say. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: Fault | undefined;
}
/**
 * From a worker: that it is there, with which version and binary; how many samples there are; what came of a job, which may
 * be a fault in sample `at` of the batch, or of no single one; what went wrong before there were jobs.
 */
export type Report =
  | { readonly hello: string }
  | { readonly length: number }
  | { readonly id: number; readonly batch: Packed }
  | { readonly id: number; readonly at: number; readonly fault: Fault }
  | { readonly fault: Fault };

/** Modules of datasets may have messages of their own on the same way. */
const MARK = 'phyllo';
export const marked = (message: Order | Report): object => ({ [MARK]: message });
/** What a message says, if it is of these. */
export const unmarked = (data: unknown): unknown => (isPlain(data) ? data[MARK] : undefined);
