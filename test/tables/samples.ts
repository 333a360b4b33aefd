/** Tables that tests look at. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseCsv, type Table } from 'phyllo/tables';

const require = createRequire(import.meta.url);
/** The penguins of Palmer Station and the cars of 1983, from npm's sample data sets. */
export const sample = (name: string): Table =>
  parseCsv(readFileSync(require.resolve(`@observablehq/sample-datasets/${name}.csv`), 'utf8'));
