/** What every entry of phyllo/edge has beside `load`. */
export { FileError, IndexError, OutOfMemoryError, PhylloError, ShapeError, ValueError } from '../core/errors';
export { doctor } from './doctor';
export type { Load } from './load';
export type { Inputs, Module, Net, Outputs } from './net';
export type { Slot } from './binding';
