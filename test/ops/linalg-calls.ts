/** Functions of linear algebra as goldens call them: what has signs of its own is squared, lists are arguments. */
import { linalg, type Tensor } from 'phyllo';

export const LINALG: object = {
  ...linalg,
  eigh(a: Tensor, options?: linalg.EighOptions) {
    const [w, v] = linalg.eigh(a.add(a.transpose(-2, -1)), options);
    return [w, v.square()];
  },
  svd(a: Tensor, options?: linalg.SvdOptions) {
    const [u, s, vh] = linalg.svd(a, options);
    return [s, u.square(), vh.square()];
  },
  lstsq: (a: Tensor, b: Tensor) => linalg.lstsq(a, b)[0],
  multiDot: (...xs: Tensor[]) => linalg.multiDot(xs),
};
