/** What the package exports is listed in exports.txt, a name a line: an export more, or one less, is a conscious line. */
import { existsSync, readdirSync } from 'node:fs';
import * as phyllo from 'phyllo';
import * as edge from 'phyllo/edge';
import { expect, test } from 'vitest';
import { namesOf } from './surface';

const ts = new URL('../../ts/', import.meta.url);
const packages = readdirSync(ts).filter(folder => existsSync(new URL(`${folder}/index.ts`, ts)));
/** Packages that `phyllo` exports as a namespace, or name by name. */
const CORE = ['data', 'io', 'linalg', 'metrics', 'nn', 'optim'];

test('the entries export what is listed, and nothing else (`vitest -u` writes the list)', async () => {
  const names = namesOf(phyllo).concat(namesOf(edge, 'phyllo/edge '));
  for (const name of packages) {
    const entry: object = await import(`../../ts/${name}/index.ts`);
    // The members are listed above.
    names.push(...(CORE.includes(name) ? Object.keys(entry).sort() : namesOf(entry)).map(n => `phyllo/${name} ${n}`));
  }
  expect(packages.length).toBeGreaterThan(4);
  await expect(`${names.join('\n')}\n`).toMatchFileSnapshot('exports.txt');
});

test('what a package of the core exports is what phyllo exports of it', async () => {
  for (const name of CORE) {
    const entry: object = await import(`../../ts/${name}/index.ts`);
    const whole: object = Reflect.get(phyllo, name) ?? phyllo;
    for (const [key, value] of Object.entries(entry)) expect(Reflect.get(whole, key), `${name} ${key}`).toBe(value);
  }
});
