/** What is done to a graph before it becomes a program, in order. */
import type { Graph } from '../graph';
import { dropDead } from './dead';

export type Pass = (graph: Graph) => Graph;

export const PASSES: readonly Pass[] = [dropDead];

export const optimise: Pass = graph => PASSES.reduce((g, pass) => pass(g), graph);
