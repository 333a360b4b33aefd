/** Compares the names of PyTorch with phyllo's: docs/compat.md is what comes of it. */
import { readFileSync } from 'node:fs';
import { MISSING, OPTIONS, OUTSIDE, RENAMED, type Reasons } from './differences';
import type { Names, Surface } from './phyllo';

/** By namespace: names, and of each its optional arguments. */
export type Library = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface Row {
  readonly namespace: string;
  readonly name: string;
  readonly status: 'present' | 'renamed' | 'missing' | 'outside';
  /** As one writes it here; of what is missing, why. */
  readonly text: string;
  /** Optional arguments that it does not take. */
  readonly lacks: readonly string[];
}

export function readLibrary(): { version: string; library: Library } {
  const { version, ...library } = JSON.parse(readFileSync(new URL('pytorch.json', import.meta.url), 'utf8'));
  return { version, library };
}

/** `log_softmax` is `logSoftmax`, and `add_` is `add_`. */
export const camel = (name: string): string => name.replace(/_+([a-z0-9])/g, (_, c: string) => c.toUpperCase());

/** Where the names of a namespace are looked up, in turn: what one writes before a name, and the names. */
function places(namespace: string, { exports, tensor, module }: Surface): [prefix: string, names: Names][] {
  const of = (name: string): Names => exports.get(name) ?? new Map();
  const core: [string, Names] = ['', of('phyllo')];
  const linalg: [string, Names] = ['linalg.', of('phyllo/linalg')];
  switch (namespace) {
    case 'torch':
      return [core, linalg, ['optim.', of('phyllo/optim')], ['', of('phyllo/data')]];
    case 'torch.Tensor':
      return [['x.', tensor], core, linalg];
    case 'torch.nn':
      return [['nn.', of('phyllo/nn')], core, ['module.', module]];
    case 'torch.nn.functional':
      return [core, ['nn.', of('phyllo/nn')]];
    case 'torch.nn.init':
      return [['', of('phyllo/nn')], core];
    case 'torch.nn.utils':
    case 'torch.optim':
    case 'torch.optim.lr_scheduler':
      return [['optim.', of('phyllo/optim')], ['nn.', of('phyllo/nn')], core];
    case 'torch.linalg':
      return [linalg, core];
    default:
      return [['', of('phyllo/data')], core];
  }
}

const reasonOf = (table: Reasons, namespace: string, name: string): string | undefined =>
  Object.entries(table).find(([, names]) => {
    const all = ` ${names.replace(/\s+/g, ' ')} `;
    return all.includes(` ${name} `) || all.includes(` ${namespace.replace('torch.', '')}.${name} `);
  })?.[0];

export function compare(library: Library, surface: Surface): Row[] {
  return Object.entries(library).flatMap(([namespace, names]) => {
    const where = places(namespace, surface);
    const find = (name: string): { text: string; takes: ReadonlySet<string> } | null => {
      for (const [prefix, all] of where) {
        const takes = all.get(name);
        if (takes) return { text: prefix + name, takes };
      }
      return null;
    };
    const short = namespace.replace(/^torch\.?/, '');
    return Object.entries(names).map(([name, optional]): Row => {
      const row = { namespace, name, lacks: [] };
      const outside = reasonOf(OUTSIDE, namespace, name);
      if (outside !== undefined) return { ...row, status: 'outside', text: outside };
      const missing = reasonOf(MISSING, namespace, name);
      if (missing !== undefined) return { ...row, status: 'missing', text: missing };
      const other = RENAMED[`${short}.${name}`] ?? RENAMED[name];
      // A text with more than a name, such as `x.to('f32')`, says how to write it.
      const member = other?.match(/^x\.(\w+)$/)?.[1];
      if (other !== undefined && (member === undefined ? !/^[\w.]+$/.test(other) : surface.tensor.has(member)))
        return { ...row, status: 'renamed', text: other };
      const own = camel(name);
      const found =
        find(other ?? own) ?? (namespace === 'torch.nn.init' ? find(`init.${own.replace(/_$/, '')}`) : null);
      if (!found) return { ...row, status: 'missing', text: '' };
      const skipped = new Set(
        `${OPTIONS.all ?? ''} ${OPTIONS[`${short}.${name}`] ?? ''} ${OPTIONS[name] ?? ''}`.split(/\s+/),
      );
      const lacks = optional.filter(o => !skipped.has(o) && !found.takes.has(camel(o)));
      if (namespace === 'torch.Tensor' && !found.text.startsWith('x.'))
        return { ...row, status: 'renamed', text: `${found.text}(x)`, lacks: [] };
      // Of a namespace is what is in that: `init.xavierUniform` is no `xavierUniform_`, nor `cross` `linalg.cross`.
      const same = found.text.split('.').at(-1) === own && (short !== 'linalg' || found.text.startsWith('linalg.'));
      return { ...row, status: other === undefined && same ? 'present' : 'renamed', text: found.text, lacks };
    });
  });
}

const count = (rows: readonly Row[], ...of: readonly Row['status'][]): number =>
  rows.filter(r => of.includes(r.status)).length;
/** The share of names that there are, of those that have a meaning here. */
export const shareOf = (rows: readonly Row[]): number =>
  count(rows, 'present', 'renamed') / count(rows, 'present', 'renamed', 'missing');

const code = (names: readonly string[]): string => names.map(name => `\`${name}\``).join(', ');
/** A line for each reason, with its names. */
function byReason(rows: readonly Row[]): string {
  const reasons = [...new Set(rows.map(r => r.text))];
  return reasons.map(why => `- ${why}: ${code(rows.filter(r => r.text === why).map(r => r.name))}.`).join('\n');
}

/** The page: counts, then each namespace. */
export function render(version: string, rows: readonly Row[]): string {
  const spaces = [...new Set(rows.map(r => r.namespace))].map(name => ({
    name,
    all: rows.filter(r => r.namespace === name),
  }));
  const counts = spaces.map(({ name, all }) => {
    const [present, renamed] = [count(all, 'present'), count(all, 'renamed')];
    const share = `${(100 * shareOf(all)).toFixed(1)} %`;
    return `| ${name} | ${present} | ${renamed} | ${count(all, 'missing')} | ${share} | ${count(all, 'outside')} |`;
  });
  const sections = spaces.map(({ name, all }) => {
    const of = (status: Row['status']): Row[] => all.filter(r => r.status === status);
    const lacking = all.filter(r => r.lacks.length > 0);
    const part = (title: string, list: readonly Row[], text: string): string[] =>
      list.length > 0 ? [title, text] : [];
    return [
      `## ${name}`,
      ...part('By the same name, in camelCase:', of('present'), `${code(of('present').map(r => camel(r.name)))}.`),
      ...part(
        'Written otherwise:',
        of('renamed'),
        `| PyTorch | phyllo |\n|---|---|\n${of('renamed')
          .map(r => `| \`${r.name}\` | \`${r.text.replaceAll('|', '\\|')}\` |`)
          .join('\n')}`,
      ),
      ...part(
        'Options that it does not take:',
        lacking,
        lacking.map(r => `- \`${r.name}\`: ${code(r.lacks)}.`).join('\n'),
      ),
      ...part('Not there:', of('missing'), byReason(of('missing'))),
      ...part('Without a meaning here:', of('outside'), byReason(of('outside'))),
    ].join('\n\n');
  });
  return `# PyTorch's names in phyllo

What PyTorch ${version.slice(0, 4)} documents, and what it is called here. \`npm run compat\` writes this page from the types of both
libraries: a name is there if phyllo exports it, and an option if its types name it. What a name computes is compared with
PyTorch in \`test/goldens\`. Shares are of the names that have a meaning here. Options that are written otherwise
(\`unbiased\` is \`correction\`, \`bias\` of convolutions the third argument, \`last_epoch\` a schedule's state) are not listed.

| | same name | written otherwise | not there | there | without a meaning here |
|---|---|---|---|---|---|
${counts.join('\n')}

${sections.join('\n\n')}
`;
}
