/** Files, streams and bytes: however they come, they say what their text says. */
import { createServer } from 'node:http';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileError, ValueError } from 'phyllo';
import { parseCsv, readCsv, type CsvSource } from 'phyllo/tables';

const TEXT = `\ufeffname,n\r\n${Array.from({ length: 3000 }, (_, i) => `"日本 ""${i}""\r\n",${i}`).join('\r\n')}\r\n`;
const EXPECTED = parseCsv(TEXT).toArray();
const bytes = new TextEncoder().encode(TEXT);
const packed = Uint8Array.from(gzipSync(bytes));

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyllo-tables-'));
  file = join(folder, 'a.csv');
  writeFileSync(file, bytes);
  writeFileSync(`${file}.gz`, packed);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stream in pieces of a size: a letter, or a quote and its double, is in two of them somewhere. */
function stream<T extends Uint8Array | string>(all: T, size: number): ReadableStream<Uint8Array | string> {
  let at = 0;
  return new ReadableStream({
    pull(to) {
      if (at >= all.length) return to.close();
      to.enqueue(all.slice(at, (at += size)));
    },
  });
}

describe('sources', () => {
  const sources: Readonly<Record<string, () => CsvSource>> = {
    'a path': () => file,
    'a URL of a file': () => pathToFileURL(file),
    'the text of one': () => pathToFileURL(file).href,
    bytes: () => bytes,
    'an ArrayBuffer': () => bytes.slice().buffer,
    'a Blob': () => new Blob([bytes]),
    'a stream of bytes': () => stream(bytes, 1000),
    'a stream of single bytes': () => stream(bytes, 1),
    'a stream of text': () => stream(TEXT, 7),
    "Node's stream": () => createReadStream(file),
    'an iterable with empty chunks': async function* (): AsyncGenerator<Uint8Array> {
      yield* [new Uint8Array(0), bytes, new Uint8Array(0)];
    },
    'compressed bytes': () => packed,
    'a compressed file': () => `${file}.gz`,
    'a compressed stream of single bytes': () => stream(packed, 1),
  };
  test.each(Object.entries(sources))('%s', async (_, make) => {
    expect((await readCsv(make())).toArray()).toEqual(EXPECTED);
  });

  test('an address', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a.csv' ? 200 : 404;
      response.end(bytes);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      expect((await readCsv(`http://127.0.0.1:${port}/a.csv`)).toArray()).toEqual(EXPECTED);
      await expect(readCsv(new URL(`http://127.0.0.1:${port}/b.csv`))).rejects.toThrow(/b\.csv: cannot be read: .*404/);
    } finally {
      server.close();
    }
  });
});

describe('errors', () => {
  test.each<[string, () => CsvSource, RegExp]>([
    ['no such file', () => join(folder, 'b.csv'), /b\.csv: cannot be read: ENOENT/],
    ['a folder', () => folder, /cannot be read: EISDIR/],
    ['other bytes', () => Uint8Array.of(0x61, 0xff, 0x0a), /^CSV: expected text in utf-8, found other bytes/],
    ['half a letter at the end', () => Uint8Array.of(0x61, 0x0a, 0xe6), /expected text in utf-8/],
    ['half a file', () => packed.slice(0, 2000), /^CSV: cannot be decompressed/],
    ['a letter of gzip', () => Uint8Array.of(0x1f, 0x61), /nothing that gzip compressed/],
    ['a single byte of gzip', () => Uint8Array.of(0x1f), /nothing that gzip compressed/],
    ['a ragged file', () => new TextEncoder().encode('a,b\n1\n'), /^CSV, line 2: expected 2 fields/],
  ])('%s', async (_, make, message) => {
    const read = readCsv(make());
    await expect(read).rejects.toThrow(FileError);
    await expect(read).rejects.toThrow(message);
  });

  test('text is for parseCsv, and chunks are text or bytes', async () => {
    await expect(readCsv('a,b\n1,2\n')).rejects.toThrow(/ValueError|CSV text is for parseCsv/);
    const numbers = Reflect.apply(readCsv, undefined, [
      (async function* () {
        yield [1, 2];
      })(),
    ]);
    await expect(numbers).rejects.toThrow(ValueError);
  });

  test('a stream that is left early is cancelled', async () => {
    let cancelled = false;
    const endless = new ReadableStream<string>({
      pull: to => to.enqueue('a,b\n1\n'.repeat(100_000)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(readCsv(endless)).rejects.toThrow(/line 2/);
    expect(cancelled).toBe(true);
  });

  test('an encoding may be given', async () => {
    const table = await readCsv(Uint8Array.of(0x61, 0x0a, 0xe4, 0x0a), { encoding: 'windows-1252' });
    expect(table.column('a').at(0)).toBe('ä');
    await expect(readCsv(bytes, { encoding: 'utf-7' })).rejects.toThrow(ValueError);
  });
});

test('many rows', async () => {
  const piece = Array.from(
    { length: 1000 },
    (_, i) => `${i / 7},c${i % 5},"text, ${i}",2020-01-${10 + (i % 20)}\n`,
  ).join('');
  const pieces = async function* (): AsyncGenerator<string> {
    yield 'a,b,c,d\n';
    for (let k = 0; k < 120; k++) yield piece;
  };
  const start = performance.now();
  const table = await readCsv(pieces());
  console.log(
    `120,000 rows of ${piece.length / 1000} characters: ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  expect(table.length).toBe(120_000);
  expect(table.types).toEqual({ a: 'number', b: 'category', c: 'category', d: 'date' });
  expect(table.row(119_999)).toEqual({ a: 999 / 7, b: 'c4', c: 'text, 999', d: new Date('2020-01-29') });
});
