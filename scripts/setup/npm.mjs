/** The npm that belongs to this Node. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const CLI = [
  process.env.npm_execpath ?? '',
  join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
].find(path => path.endsWith('npm-cli.js') && existsSync(path));

/**
 * The program that runs npm, and its arguments.
 * @param {...string} args
 * @returns {[program: string, args: string[]]}
 */
export function npm(...args) {
  return CLI === undefined ? ['npm', args] : [process.execPath, [CLI, ...args]];
}
