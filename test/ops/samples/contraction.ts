/** Samples of products of matrices and vectors, and of sums over labelled dimensions. */
import { tensor } from '../../../ts/ops/creation';
import * as blas from '../../../ts/ops/blas';
import * as ops from '../../../ts/ops/contraction';
import { t } from '../../../ts/ops/view';
import { real, sample, type SamplesOf } from './sample';

export const blasSamples: SamplesOf<typeof blas> = {
  mm: [sample([real(2, 3), real(3, 4)], (a, b) => blas.mm(a, b), 'f32[2,4]')],
  mv: [sample([real(2, 3), real(3)], (a, b) => blas.mv(a, b), 'f32[2]')],
  bmm: [sample([real(2, 2, 3), real(2, 3, 4)], (a, b) => blas.bmm(a, b), 'f32[2,2,4]')],
  addmm: [
    sample([real(4), real(2, 3), real(3, 4)], (c, a, b) => blas.addmm(c, a, b), 'f32[2,4]'),
    sample(
      [real(2, 4), real(2, 3), real(3, 4)],
      (c, a, b) => blas.addmm(c, a, b, { beta: 2, alpha: -0.5 }),
      'f32[2,4]',
    ),
    sample([real(2, 3), real(3, 4)], (a, b) => blas.addmm(tensor(NaN), a, b, { beta: 0 }), 'f32[2,4]'),
  ],
  addmv: [sample([real(2), real(2, 3), real(3)], (c, a, b) => blas.addmv(c, a, b, { alpha: 2 }), 'f32[2]')],
  addbmm: [
    sample([real(2, 4), real(3, 2, 3), real(3, 3, 4)], (c, a, b) => blas.addbmm(c, a, b, { alpha: 2 }), 'f32[2,4]'),
  ],
  addr: [sample([real(3), real(2), real(3)], (c, a, b) => blas.addr(c, a, b, { beta: 0.5 }), 'f32[2,3]')],
  baddbmm: [sample([real(2, 4), real(2, 2, 3), real(2, 3, 4)], (c, a, b) => blas.baddbmm(c, a, b), 'f32[2,2,4]')],
};

export const contractionSamples: SamplesOf<typeof ops> = {
  outer: [sample([real(2), real(3)], (a, b) => ops.outer(a, b), 'f32[2,3]')],
  inner: [
    sample([real(2, 3), real(4, 3)], (a, b) => ops.inner(a, b), 'f32[2,4]'),
    sample([real(3), real(3)], (a, b) => ops.inner(a, b), 'f32[]'),
    sample([real(), real(2)], (a, b) => ops.inner(a, b), 'f32[2]'),
  ],
  tensordot: [
    sample([real(2, 3, 4), real(3, 4, 2)], (a, b) => ops.tensordot(a, b), 'f32[2,2]'),
    sample([real(2, 3), real(2)], (a, b) => ops.tensordot(a, b, [[0], [0]]), 'f32[3]'),
    sample([real(2, 3), real(2)], (a, b) => ops.tensordot(a, b, 0), 'f32[2,3,2]'),
    sample(
      [real(2, 3, 4), real(4, 5, 2)],
      (a, b) =>
        ops.tensordot(a, b, [
          [-1, 0],
          [0, 2],
        ]),
      'f32[3,5]',
    ),
  ],
  kron: [
    sample([real(2, 2), real(1, 3)], (a, b) => ops.kron(a, b), 'f32[2,6]'),
    sample([real(2), real(3, 2)], (a, b) => ops.kron(a, b), 'f32[3,4]'),
  ],
  cross: [
    sample([real(2, 3), real(2, 3)], (a, b) => ops.cross(a, b), 'f32[2,3]'),
    sample([real(3, 2), real(3, 1)], (a, b) => ops.cross(a, b, 0), 'f32[3,2]'),
  ],
  einsum: [
    sample([real(2, 3), real(3, 4)], (a, b) => ops.einsum('ij,jk->ik', a, b), 'f32[2,4]'),
    sample([real(2, 3), real(3, 4)], (a, b) => ops.einsum('ij, jk', a, b), 'f32[2,4]'),
    sample([real(3, 3)], a => ops.einsum('ii', a), 'f32[]'),
    sample([real(3, 3)], a => ops.einsum('ii->i', a), 'f32[3]'),
    sample([real(2, 3)], a => ops.einsum('ba', a), 'f32[3,2]'),
    sample([real(2, 3)], a => ops.einsum('ij->j', t(t(a))), 'f32[3]'),
    sample([real(2, 3), real(2, 3)], (a, b) => ops.einsum('ij,ij->', a, b), 'f32[]'),
    sample([real(2), real(3)], (a, b) => ops.einsum('i,j->ji', a, b), 'f32[3,2]'),
    sample([real(2, 3, 4), real(2, 5, 4)], (a, b) => ops.einsum('bid,bjd->bij', a, b), 'f32[2,3,5]'),
    sample([real(2, 1, 3, 4), real(5, 4, 2)], (a, b) => ops.einsum('...ij,...jk->...ik', a, b), 'f32[2,5,3,2]'),
    sample([real(2, 3), real(3, 4), real(4, 2)], (a, b, c) => ops.einsum('ij,jk,kl->il', a, b, c), 'f32[2,2]'),
    sample([real(2, 3), real(4, 3), real(5, 3)], (a, b, c) => ops.einsum('ir,jr,kr->ijk', a, b, c), 'f32[2,4,5]'),
    sample([real(2, 3, 3), real(3)], (a, b) => ops.einsum('bii,i->b', a, b), 'f32[2]'),
  ],
};
