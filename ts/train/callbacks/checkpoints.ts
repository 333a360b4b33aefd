/** Checkpoints in a folder: the last ones, and the best. */
import { encodeSafetensors, writeFile } from 'phyllo';
import {
  aText,
  check,
  kind,
  options as optionsOf,
  requires,
  wholeNumber,
  oneOf,
  aNumber,
  type Kind,
} from 'phyllo/kinds';
import type { Callback, Run } from '../callback';
import { checkpointsIn, ensureFolder, join, nameOfStep, removeFile } from '../files';
import { Best, type BestOptions } from './best';

export interface CheckpointOptions extends BestOptions {
  /** Made if it is not there. `fit` goes on from there with `resume`. */
  readonly folder: string;
  /** After each epoch, or after so many steps of the optimiser too. Default: after each epoch. */
  readonly everySteps?: number;
  /** How many of the last ones stay. Default 2: one that is damaged has one before it. */
  readonly keep?: number;
}

const checkpointOptions: Kind<CheckpointOptions> = requires(
  optionsOf<CheckpointOptions>({
    folder: kind<string>('the path of a folder', v => typeof v === 'string' && v !== ''),
    everySteps: wholeNumber(1),
    keep: wholeNumber(1),
    monitor: aText,
    mode: oneOf('min', 'max'),
    minDelta: aNumber(0),
  }),
  'folder',
);

/**
 * Writes what a run can go on from, `step-….safetensors`, after each epoch, every so many steps, and when the run is aborted;
 * with `monitor`, also the weights of the best epoch, `best.safetensors`. Files are written beside, flushed and renamed.
 *
 * In the middle of an epoch it can only write if each metric has a `state`; where one has none, epochs alone are written.
 *
 * @throws {FileError} where a file cannot be written: as a CallbackError of the run.
 */
export function checkpoints(options: CheckpointOptions): Callback {
  check('checkpoints', 'options', checkpointOptions, options);
  const { folder, everySteps, keep = 2, monitor, ...rest } = options;
  const best = monitor === undefined ? null : new Best('checkpoints', { monitor, ...rest });
  let written = -1;
  const write = async (run: Run): Promise<void> => {
    await writeFile(join(folder, nameOfStep(run.steps)), run.save());
    written = run.steps;
    for (const old of ((await checkpointsIn(folder)) ?? []).slice(keep)) await removeFile(old);
  };
  return {
    name: 'checkpoints',
    async start(run) {
      await ensureFolder(folder);
      written = run.steps;
    },
    async batchEnd(run) {
      if (everySteps !== undefined && run.steps >= written + everySteps && run.canSave) await write(run);
    },
    async epochEnd(run) {
      if (best?.takes(run)) {
        const { epoch, score } = best;
        const texts = { epoch: String(epoch), [monitor ?? '']: String(score) };
        await writeFile(join(folder, 'best.safetensors'), encodeSafetensors(run.model.stateDict(), texts));
      }
      await write(run);
    },
    async end(run) {
      if (run.stopped === 'aborted' && run.steps > written && run.canSave) await write(run);
    },
    state: () => ({ values: best?.state() ?? null }),
    load({ values }) {
      if (values !== null) best?.load(values);
    },
  };
}
