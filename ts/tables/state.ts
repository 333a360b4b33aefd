/** What an encoder learnt, as it is saved; what is read is checked, since it may come from anywhere. */
import { ValueError } from 'phyllo';
import {
  aBoolean,
  aNumber,
  aText,
  check,
  kind,
  listOf,
  oneOf,
  options,
  orNull,
  requires,
  type Kind,
} from 'phyllo/kinds';
import { TYPES } from './column';
import type { CategoryState, ColumnState, NumberState } from './encoded';
import type { ClassTarget, NumberTarget, TargetState } from './target';

export const VERSION = 1;
export interface EncoderState {
  /** The version of the format. */
  readonly encoder: number;
  readonly columns: readonly ColumnState[];
  readonly target: TargetState | null;
}

const texts: Kind<readonly string[]> = listOf(aText, 'a list of texts');
const divisor: Kind<number> = kind(
  'a finite number other than 0',
  v => typeof v === 'number' && Number.isFinite(v) && v !== 0,
);
const common = { column: aText, type: oneOf(...TYPES), indicator: aBoolean };
const numberState: Kind<NumberState> = requires(
  options<NumberState>({
    ...common,
    kind: oneOf('number'),
    fill: orNull(aNumber()),
    shift: aNumber(),
    scale: divisor,
  }),
  'kind',
  'column',
  'type',
  'indicator',
  'fill',
  'shift',
  'scale',
);
const categoryState: Kind<CategoryState> = requires(
  options<CategoryState>({
    ...common,
    kind: oneOf('category'),
    fill: orNull(aText),
    categories: texts,
    unknown: oneOf('error', 'zeros'),
  }),
  'kind',
  'column',
  'type',
  'indicator',
  'fill',
  'categories',
  'unknown',
);
const classTarget: Kind<ClassTarget> = requires(
  options<ClassTarget>({ kind: oneOf('classes'), column: aText, type: oneOf(...TYPES), classes: texts }),
  'kind',
  'column',
  'type',
  'classes',
);
const numberTarget: Kind<NumberTarget> = requires(
  options<NumberTarget>({
    kind: oneOf('number'),
    column: aText,
    type: oneOf('number'),
    shift: aNumber(),
    scale: divisor,
  }),
  'kind',
  'column',
  'type',
  'shift',
  'scale',
);
const aColumn: Kind<ColumnState> = kind(
  'what was learnt of a column',
  v => numberState.fits(v) || categoryState.fits(v),
);
const aTarget: Kind<TargetState> = kind(
  'what was learnt of a target',
  v => classTarget.fits(v) || numberTarget.fits(v),
);
const aState: Kind<EncoderState> = requires(
  options<EncoderState>({
    encoder: aNumber(),
    columns: listOf(aColumn, 'a list of what was learnt of columns'),
    target: orNull(aTarget),
  }),
  'encoder',
  'columns',
  'target',
);

/** Throws ValueError unless it is what an encoder's toJSON gave. */
export function readState(where: string, v: unknown): Pick<EncoderState, 'columns' | 'target'> {
  const is = (given: unknown): given is EncoderState => aState.fits(given);
  check(where, 'state', aState, v);
  if (!is(v)) throw new ValueError(where, 'the state changes as it is read'); // a getter
  if (v.encoder !== VERSION) {
    throw new ValueError(where, `the state is of version ${v.encoder}, this phyllo reads version ${VERSION}`);
  }
  const columns = v.columns.map(column => ({ ...column }));
  return { columns, target: v.target === null ? null : { ...v.target } };
}
