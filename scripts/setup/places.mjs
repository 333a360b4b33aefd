/** Where things are. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What is compiled here; not in git. */
export const GENERATED = join(ROOT, 'generated');
/** Where it is made. */
export const SCRAP = join(GENERATED, '.scrap');
/** What is made once per machine: tools, and where needed the target's standard library. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'phyllo');
