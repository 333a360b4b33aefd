/** What the package exports is listed in exports.txt, a name a line: an export more, or one less, is a conscious line. */
import { readFileSync } from 'node:fs';
import * as phyllo from 'phyllo';
import * as edge from 'phyllo/edge';
import { expect, test } from 'vitest';
import { namesOf } from './surface';

test('the entries export what is listed, and nothing else', () => {
  const listed = readFileSync(new URL('exports.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
  expect([...namesOf(phyllo), ...namesOf(edge, 'edge.')]).toEqual(listed);
});
