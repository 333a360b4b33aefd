/** A leaf. */
import { tensor, type Tensor } from 'phyllo';

export const leaf = (...data: number[]): Tensor => tensor(data, { requiresGrad: true });
