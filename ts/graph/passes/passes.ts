/** What is done to a graph before it becomes a program, in order. */
import type { Backend } from '../../backend/backend';
import type { Graph } from '../graph';
import { fuseActivations } from './activations';
import { assignBlocks } from './blocked';
import { mergeCommon } from './common';
import { foldConstants } from './constants';
import { dropDead } from './dead';
import { writeInPlace } from './inplace';
import { fusePools } from './pool';
import { prepareWeights } from './prepare';
import { fitMemory } from './recompute';

/** A graph that computes the same. */
export type Pass = (graph: Graph, backend: Backend) => Graph;

export const PASSES: readonly Pass[] = [
  mergeCommon,
  foldConstants,
  dropDead,
  assignBlocks,
  fusePools,
  fuseActivations,
  fitMemory,
  writeInPlace,
  prepareWeights,
];

export const optimise: Pass = (graph, backend) => PASSES.reduce((g, pass) => pass(g, backend), graph);
