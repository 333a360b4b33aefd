/** phyllo/tables: tables of numbers and categories, from CSV to tensors. */
export { parseCsv, type CsvOptions } from './csv';
export { readCsv, type CsvSource, type ReadOptions } from './source';
export { Table, type Columns, type Row, type SortOptions, type TableOptions } from './table';
export type { Cell, Column, ColumnType, Values } from './column';
export type { Description, NumberSummary, Summary } from './describe';
export { TableEncoder, type EncoderOptions } from './encoder';
export type { EncoderState } from './state';
export type { CategoryOptions, MissingCategory, MissingNumber, NumberOptions, Scaling } from './encoded';
export {
  kFold,
  trainValidationTest,
  type Fold,
  type FoldOptions,
  type Labels,
  type Parts,
  type PartsOptions,
} from './split';
