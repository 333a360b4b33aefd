/** Where a file's text comes from: bytes, streams, files and addresses. */
import { FileError, ValueError } from 'phyllo';
import { checkArguments, checkCount, kind, options as optionsOf, type Kind } from 'phyllo/kinds';
import { CsvReader, csvKeys, type CsvOptions } from './csv';
import type { Table } from './table';

/**
 * A CSV file: its path or address, its bytes, a Blob such as a file that somebody chose in a page, or a stream of bytes or
 * text, such as the body of a response.
 */
export type CsvSource = string | URL | Uint8Array | ArrayBuffer | Blob | ReadableStream<Chunk> | AsyncIterable<Chunk>;
type Chunk = Uint8Array | string;

export interface ReadOptions extends CsvOptions {
  /** How bytes say text, by a label of the Encoding Standard. Default `utf-8`. */
  readonly encoding?: string;
}

const isStream = (v: unknown): v is ReadableStream<Chunk> => typeof v === 'object' && v !== null && 'getReader' in v;
const isIterable = (v: unknown): v is AsyncIterable<Chunk> =>
  typeof v === 'object' && v !== null && Symbol.asyncIterator in v;
const isText = (v: unknown): boolean => typeof v === 'string' && v !== '' && !/[\r\n]/.test(v);
const aSource: Kind<CsvSource> = kind(
  'a path or address, a URL, bytes, a Blob or a stream',
  v =>
    isText(v) ||
    v instanceof URL ||
    v instanceof Uint8Array ||
    v instanceof ArrayBuffer ||
    v instanceof Blob ||
    isStream(v) ||
    isIterable(v),
  { hint: v => (typeof v === 'string' && v !== '' ? ': CSV text is for parseCsv' : '') },
);
const anEncoding: Kind<string> = kind('a label such as utf-8, utf-16le or windows-1252', v => {
  try {
    return typeof v === 'string' && new TextDecoder(v).encoding !== '';
  } catch {
    return false;
  }
});

/** Reads a stream, also where streams are no async iterables (Safari); who leaves it early stops it. */
async function* chunks(stream: ReadableStream<Chunk>): AsyncGenerator<Chunk> {
  const reader = stream.getReader();
  let done = false;
  try {
    for (;;) {
      const next = await reader.read();
      done = next.done;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    if (!done) await reader.cancel().catch(() => {}); // what went wrong first is what counts
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Chunk> {
  yield bytes;
}

/** Bytes read from a disk at once: 64 KiB, Node's own, take 1.2 times as long for a file of 100 MB. */
const BLOCK = 1 << 20;
/** Bundlers for browsers stop at an import of node:fs, so the runtime is asked for it. */
const files = () => globalThis.process?.getBuiltinModule?.('node:fs');

const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

/** A letter alone, and a colon, is a drive of Windows. */
const ADDRESS = /^[a-z][a-z0-9+.-]+:/i;

async function* opened(source: string | URL, name: string): AsyncGenerator<Chunk> {
  const fs = files();
  const file = source instanceof URL ? source.protocol === 'file:' : !ADDRESS.test(source);
  try {
    if (fs && file) {
      yield* fs.createReadStream(source, { highWaterMark: BLOCK });
      return;
    }
    const response = await fetch(source);
    if (!response.ok) throw new Error(`the server says ${response.status} ${response.statusText}`.trimEnd());
    if (response.body) yield* chunks(response.body);
  } catch (cause) {
    throw new FileError(name, `cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function chunksOf(source: CsvSource, name: string): AsyncIterable<Chunk> {
  if (typeof source === 'string') {
    return opened(/^file:/i.test(source) ? new URL(source) : source, name);
  }
  if (source instanceof URL) return opened(source, name);
  if (source instanceof Uint8Array) return once(source);
  if (source instanceof ArrayBuffer) return once(new Uint8Array(source));
  if (source instanceof Blob) return chunks(source.stream());
  return isStream(source) ? chunks(source) : source;
}

/** The first bytes of what gzip compressed (RFC 1952). */
const GZIP = [0x1f, 0x8b];

/** The same chunks, decompressed if their first bytes say that they are compressed. */
async function* plain(all: AsyncIterable<Chunk>, name: string): AsyncGenerator<Chunk> {
  const from = all[Symbol.asyncIterator]();
  try {
    let first = await from.next();
    while (!first.done && first.value.length === 0) first = await from.next();
    if (first.done) return;
    if (typeof first.value === 'string' || first.value[0] !== GZIP[0]) {
      yield first.value;
      for (let next = await from.next(); !next.done; next = await from.next()) yield next.value;
      return;
    }
    yield* inflated(first.value, from, name);
  } finally {
    await from.return?.();
  }
}

async function* inflated(first: Uint8Array, from: AsyncIterator<Chunk>, name: string): AsyncGenerator<Chunk> {
  let head = first;
  if (head.length === 1) {
    const next = await from.next();
    const second = next.done || typeof next.value === 'string' ? new Uint8Array(0) : next.value;
    head = Uint8Array.of(...head, ...second);
  }
  if (head[1] !== GZIP[1]) throw new FileError(name, 'is no text and nothing that gzip compressed');
  if (typeof DecompressionStream === 'undefined') {
    throw new FileError(name, 'is compressed, and this runtime has no DecompressionStream: decompress it first');
  }
  let given = false;
  const compressed = new ReadableStream<BufferSource>({
    async pull(to) {
      const next = given ? await from.next() : { done: false, value: head };
      given = true;
      if (next.done) to.close();
      else if (typeof next.value === 'string') to.error(new Error('text follows compressed bytes'));
      else to.enqueue(Uint8Array.from(next.value));
    },
  });
  try {
    yield* chunks(compressed.pipeThrough(new DecompressionStream('gzip')));
  } catch (cause) {
    throw new FileError(name, `cannot be decompressed: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Reads a CSV file, piece by piece: as {@link parseCsv} does with a text. Files that gzip compressed are decompressed.
 *
 *     const table = await readCsv('iris.csv');
 *     const other = await readCsv((await fetch('https://…')).body);
 *
 * A text is the path of a file where the runtime has files, or an address, which in a browser may be relative.
 *
 * @throws {FileError} as parseCsv; if the file cannot be read, or its bytes are not of the encoding. `cause` is the
 *   system's error.
 * @throws {ValueError} for sources and options of another kind.
 */
export async function readCsv(source: CsvSource, options?: ReadOptions): Promise<Table> {
  const keys = { ...csvKeys, encoding: anEncoding };
  checkArguments(
    'readCsv',
    [
      ['source', aSource],
      ['options', optionsOf<ReadOptions>(keys)],
    ],
    [source, options],
  );
  checkCount('readCsv', 2, arguments);
  const { encoding = 'utf-8', ...given } = options ?? {};
  const name = typeof source === 'string' ? source : source instanceof URL ? source.href : 'CSV';
  const reader = new CsvReader('readCsv', name, given);
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new FileError(name, `expected text in ${encoding}, found other bytes: say its encoding`, { cause });
    }
  };
  for await (const chunk of plain(chunksOf(source, name), name)) {
    if (typeof chunk === 'string') reader.push(chunk);
    else if (chunk instanceof Uint8Array) reader.push(decoded(chunk));
    else throw new ValueError('readCsv', 'a chunk of a stream is neither text nor a Uint8Array');
  }
  reader.push(decoded());
  return reader.end();
}
