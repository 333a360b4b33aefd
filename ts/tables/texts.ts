/** What the fields of a file say: as texts they become values of a type, which is inferred of many of them. */
import { areCategories, categoryColumn, Column, type ColumnType } from './column';

/** Decimal numbers; hexadecimal ones and the like, which JavaScript knows too, are text. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const INFINITE = /^\s*([+-]?)inf(?:inity)?\s*$/i;
const NAN = /^\s*[+-]?nan\s*$/i;
const BOOLEAN = /^\s*(?:(true)|false)\s*$/i;
/** ISO 8601: a day, or a time of it, to the minute or finer, with an offset or in UTC. */
const DATE =
  /^\s*(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2}):?(\d{2}))?)?\s*$/;

/** The number that a text says: NaN if it says that it is none, undefined if it says something else. */
export function numberOf(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text);
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return NAN.test(text) ? NaN : undefined;
}

/** 1 for true, 0 for false. */
export function booleanOf(text: string): number | undefined {
  const found = BOOLEAN.exec(text);
  return found ? Number(found[1] !== undefined) : undefined;
}

/** Milliseconds. */
const DAY = 86_400_000;
/** Days repeat after 400 years; to JavaScript the years before 100 are others. */
const monthStart = (year: number, month: number): number => Date.UTC(year + 400, month - 1) - 146_097 * DAY;

/** Milliseconds since 1970; undefined for what is no date, such as 30 February. */
export function dateOf(text: string): number | undefined {
  const found = DATE.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', sign, hours = '0', minutes = '0'] =
    found;
  const start = monthStart(Number(year), Number(month));
  const days = (monthStart(Number(year), Number(month) + 1) - start) / DAY;
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000;
  const milliseconds = Math.floor(1000 * Number(`0.${fraction}0`));
  const offset = (sign === '-' ? -1 : 1) * (60 * Number(hours) + Number(minutes)) * 60_000;
  return start + (Number(day) - 1) * DAY + time + milliseconds - offset;
}

/** A whole number with more digits than a float holds, a key of some kind: as a number it would become another. */
const losesDigits = (text: string): boolean =>
  text.length > 15 && /^\s*[+-]?\d+\s*$/.test(text) && !Number.isSafeInteger(Number(text));

const fitsAll = (texts: readonly (string | null)[], fits: (text: string) => boolean): boolean =>
  texts.every(text => text === null || fits(text));

/**
 * The type that all texts have, missing ones (null) left out: number, boolean, date; else category or text. Where all are
 * missing it is number.
 */
export function inferType(texts: readonly (string | null)[]): ColumnType {
  if (fitsAll(texts, text => numberOf(text) !== undefined && !losesDigits(text))) return 'number';
  if (fitsAll(texts, text => booleanOf(text) !== undefined)) return 'boolean';
  if (fitsAll(texts, text => dateOf(text) !== undefined)) return 'date';
  return areCategories(texts) ? 'category' : 'text';
}

/** Numbers, one after the other. */
class Numbers {
  private all: Float64Array<ArrayBuffer> = new Float64Array(1024);
  private length = 0;
  push(v: number): void {
    if (this.length === this.all.length) {
      const more = new Float64Array(2 * this.length);
      more.set(this.all);
      this.all = more;
    }
    this.all[this.length++] = v;
  }
  /** All of them, and no more memory. */
  whole(): Float64Array<ArrayBuffer> {
    return this.all.slice(0, this.length);
  }
}

/** A column as it grows. */
export interface Growing {
  readonly type: ColumnType;
  /** Appends what a text says, null: nothing. False, and nothing is appended, if it says no value of the type. */
  push(text: string | null): boolean;
  done(): Column;
}

const VALUES = { number: numberOf, boolean: booleanOf, date: dateOf } as const;

export function growing(type: ColumnType): Growing {
  if (type === 'text') {
    const texts: (string | null)[] = [];
    return { type, push: text => texts.push(text) > 0, done: () => new Column(type, { texts }) };
  }
  const numbers = new Numbers();
  if (type === 'category') {
    const at = new Map<string, number>();
    return {
      type,
      push(text) {
        let place = text === null ? NaN : at.get(text);
        if (place === undefined) at.set(text!, (place = at.size));
        numbers.push(place);
        return true;
      },
      done: () => categoryColumn(numbers.whole(), [...at.keys()]),
    };
  }
  const read = VALUES[type];
  return {
    type,
    push(text) {
      const v = text === null ? NaN : read(text);
      if (v === undefined) return false;
      numbers.push(v);
      return true;
    },
    done: () => new Column(type, { numbers: numbers.whole() }),
  };
}
