/** What phyllo/optim exports, by what it is: tables over these keys do not compile while a name is missing. */
import type * as optim from '../../ts/optim/index';

type Names<T> = { [K in keyof typeof optim]: (typeof optim)[K] extends T ? K : never }[keyof typeof optim];
export type Scheduler = Names<new (optimizer: never, ...args: never[]) => optim.LRScheduler>;
export type OptimiserName = Names<new (...args: never[]) => optim.Optimizer<object>>;
/** Everything else; tests of it are written by hand. */
export type Rest = Exclude<keyof typeof optim, Scheduler | OptimiserName>;
