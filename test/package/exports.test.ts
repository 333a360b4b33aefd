/** What the package exports is listed in exports.txt, a name a line: an export more, or one less, is a conscious line. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as phyllo from 'phyllo';
import * as edge from 'phyllo/edge';
import { expect, test } from 'vitest';
import { namesOf } from './surface';

const ts = new URL('../../ts/', import.meta.url);
const packages = readdirSync(ts).filter(folder => existsSync(new URL(`${folder}/index.ts`, ts)));

test('the entries export what is listed, and nothing else', async () => {
  const listed = readFileSync(new URL('exports.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  const names = namesOf(phyllo).concat(namesOf(edge, 'phyllo/edge '));
  const found: object[] = [];
  for (const name of packages) {
    const entry: object = await import(`../../ts/${name}/index.ts`);
    names.push(...namesOf(entry, `phyllo/${name} `));
    found.push(entry);
  }
  expect(found.length).toBeGreaterThan(4);
  expect(names).toEqual(listed);
});

test('what a package of the core exports is what phyllo exports of it', async () => {
  for (const name of ['data', 'io', 'metrics', 'nn', 'optim']) {
    const entry: object = await import(`../../ts/${name}/index.ts`);
    const whole: object = Reflect.get(phyllo, name) ?? phyllo;
    for (const [key, value] of Object.entries(entry)) expect(Reflect.get(whole, key), `${name} ${key}`).toBe(value);
  }
});
