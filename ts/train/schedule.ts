/** Learning rates of a run: by a formula, or by how the loss goes. */
import { optim, ValueError } from 'phyllo';
import { either, instanceOf, type Kind } from 'phyllo/kinds';

export type Schedule = optim.LRScheduler | optim.ReduceLROnPlateau;
export type ScheduleState = optim.SchedulerState | optim.PlateauState;

export const aSchedule: Kind<Schedule> = either(
  instanceOf(optim.LRScheduler, 'a schedule'),
  instanceOf(optim.ReduceLROnPlateau, 'ReduceLROnPlateau'),
);

/** Sets the rates for the next epoch, or step: a plateau is one of the loss. */
export function advance(schedule: Schedule, loss: number): void {
  if (schedule instanceof optim.ReduceLROnPlateau) schedule.step(loss);
  else schedule.step();
}
const isOfPlateau = (state: ScheduleState): state is optim.PlateauState => 'best' in state;
/** @throws {ValueError} for a state of another kind of schedule. */
export function loadSchedule(schedule: Schedule, state: ScheduleState): void {
  if (schedule instanceof optim.ReduceLROnPlateau && isOfPlateau(state)) schedule.loadStateDict(state);
  else if (schedule instanceof optim.LRScheduler && !isOfPlateau(state)) schedule.loadStateDict(state);
  else throw new ValueError('fit', `the checkpoint is of another schedule than ${schedule.constructor.name}`);
}
