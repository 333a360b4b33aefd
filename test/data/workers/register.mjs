/** Has each thread read TypeScript: `--import tsx` does not in the workers of Node 20. */
import { register } from 'tsx/esm/api';

register();
