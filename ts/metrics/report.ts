/** What a classifier is good at, as numbers and as text. */
import { ValueError } from '../core/errors';
import {
  aText,
  check,
  checkCount,
  either,
  instanceOf,
  kind,
  listOf,
  optional,
  options as optionsOf,
  wholeNumber,
  type Kind,
} from '../core/kinds';
import { isPlain } from '../core/tree';
import { ConfusionMatrix, countsOf } from './confusion';
import { checkLabels, labelsOf, type Labels } from './labels';
import { aZeroDivision, averageScores, scoresOfClass, type ClassScores } from './scores';

/** Classes that are, and that were predicted, sample by sample. */
export interface Predictions {
  readonly actual: Labels;
  readonly predicted: Labels;
  /** One for each class. Default: '0' to the largest label. */
  readonly classNames?: readonly string[];
}
export interface ReportOptions {
  /** What 0/0 counts as: 0, 1, or NaN, with which a class where it comes up is left out of the averages. Default 0. */
  readonly zeroDivision?: number;
}

/** The scores of a class, and what it is called. */
export interface NamedScores extends ClassScores {
  readonly name: string;
}
/** The scores of each class, and of all. */
export interface ClassificationReport {
  readonly classes: readonly NamedScores[];
  /** The share of samples predicted as what they are; 0 if there are none. */
  readonly accuracy: number;
  /** The mean over the classes. */
  readonly macro: ClassScores;
  /** The mean over the samples' classes. */
  readonly weighted: ClassScores;
  /** A table as scikit-learn's `classification_report`, with so many digits; default 2. */
  toString(digits?: number): string;
}
const isGiven: Kind<ConfusionMatrix | Predictions> = either(
  instanceOf(ConfusionMatrix, 'a ConfusionMatrix'),
  kind<Predictions>('{ actual, predicted, classNames }', v => isPlain(v) && 'actual' in v && 'predicted' in v),
);
const keys: Kind<ReportOptions | undefined> = optionsOf<ReportOptions>({ zeroDivision: aZeroDivision });

/**
 * Precision, recall, F1 and support of each class, the accuracy, and the means; as text it is a table. Throws ShapeError if
 * there are not as many predictions as targets, IndexError for a label without a name.
 */
export function report(of: ConfusionMatrix | Predictions, options: ReportOptions = {}): ClassificationReport {
  checkCount('report', 2, arguments);
  check('report', 'of', isGiven, of);
  check('report', 'options', keys, options);
  return new Report(of instanceof ConfusionMatrix ? of : confusionOf(of), options.zeroDivision ?? 0);
}

/** The confusion matrix of classes that have a name each, or are numbered. */
function confusionOf({ actual, predicted, classNames, ...others }: Predictions): ConfusionMatrix {
  for (const name of Object.keys(others))
    throw new ValueError('report', `takes actual, predicted, classNames, not ${name}`);
  check('report', 'classNames', optional(listOf(aText, 'a list of texts')), classNames);
  const [columns, rows] = [labelsOf('report', 'predicted', predicted), labelsOf('report', 'actual', actual)];
  const classes = classNames?.length ?? Math.max(0, largest(columns), largest(rows)) + 1;
  checkLabels('report', 'predicted', columns, classes);
  checkLabels('report', 'actual', rows, classes);
  return new ConfusionMatrix(classes, classNames && { classNames }).update(columns, rows);
}
function largest(xs: ArrayLike<number>): number {
  let most = -1;
  for (let i = 0; i < xs.length; i++) most = Math.max(most, xs[i]!);
  return most;
}

class Report implements ClassificationReport {
  readonly classes: readonly NamedScores[];
  readonly accuracy: number;
  readonly macro: ClassScores;
  readonly weighted: ClassScores;

  constructor({ matrix, classNames, accuracy }: ConfusionMatrix, zeroDivision: number) {
    const counts = countsOf(matrix);
    this.classes = counts.map((count, c) => ({ name: classNames[c]!, ...scoresOfClass(count, zeroDivision) }));
    this.accuracy = accuracy;
    this.macro = averageScores(counts, 'macro', zeroDivision);
    this.weighted = averageScores(counts, 'weighted', zeroDivision);
  }

  toString(digits: number = 2): string {
    check('report', 'digits', wholeNumber(0, 100), digits);
    const cell = (x: number): string => x.toFixed(digits);
    const row = (name: string, s: ClassScores): string[] => [
      name,
      cell(s.precision),
      cell(s.recall),
      cell(s.f1),
      `${s.support}`,
    ];
    const [head, ...classes] = [
      ['', 'precision', 'recall', 'f1-score', 'support'],
      ...this.classes.map(scores => row(scores.name, scores)),
    ];
    const all = [
      ['accuracy', '', '', cell(this.accuracy), `${this.macro.support}`],
      row('macro avg', this.macro),
      row('weighted avg', this.weighted),
    ];
    const lines = align([head!, ...classes, ...all], 9, ' ');
    return [lines[0], '', ...lines.slice(1, 1 + classes.length), '', ...lines.slice(1 + classes.length)].join('\n');
  }
}

/**
 * The confusion matrix as text, with the sums of its rows (what is) and columns (what was predicted). Zeros are dots, so
 * that the errors stand out.
 */
export function confusionTable(confusion: ConfusionMatrix): string {
  checkCount('confusionTable', 1, arguments);
  check('confusionTable', 'confusion', instanceOf(ConfusionMatrix, 'a ConfusionMatrix'), confusion);
  const { matrix, classNames, total } = confusion;
  const counts = countsOf(matrix);
  const cell = (n: number): string => (n === 0 ? '·' : `${n}`);
  const table = [
    ['actual', ...classNames, 'total'],
    ...matrix.map((row, c) => [classNames[c]!, ...row.map(cell), `${counts[c]!.support}`]),
    ['total', ...counts.map(({ predicted }) => `${predicted}`), `${total}`],
  ];
  const first = Math.max('actual'.length, ...classNames.map(name => name.length));
  return [`${' '.repeat(first + 2)}predicted`, ...align(table, 0, '  ')].join('\n');
}

/**
 * Cells flush right, each column as wide as its widest cell and, but for the first, as `width` at least. Two spaces after the
 * first column, `gap` after the others.
 */
function align(table: readonly (readonly string[])[], width: number, gap: string): string[] {
  const widths = table[0]!.map((_, j) => Math.max(j > 0 ? width : 0, ...table.map(row => row[j]!.length)));
  return table.map(row => {
    const [first, ...others] = row.map((text, j) => text.padStart(widths[j]!));
    return `${first}  ${others.join(gap)}`;
  });
}
