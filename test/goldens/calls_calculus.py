"""Calls of integrals, derivatives, covariances, parts replaced, and what else is made of a few ops: rows of calls.py."""

import torch

R = torch.randn
I = torch.tensor
NAN = float('nan')
INF = float('inf')


def slices(x, src, dim, start, end, step=1):
    return torch.slice_scatter(x, src, dim=dim, start=start, end=end, step=step)


def table():
    yield 'trapezoid', torch.trapezoid, [R(2, 5)]
    yield 'trapezoid', torch.trapezoid, [R(2, 5), R(5)]
    yield 'trapezoid', torch.trapezoid, [R(2, 5), R(2, 5)]
    yield 'trapezoid', lambda y, x, o: torch.trapezoid(y, dx=0.5, dim=0), [R(4, 3), None, {'dx': 0.5, 'dim': 0}]
    yield 'cumulativeTrapezoid', torch.cumulative_trapezoid, [R(2, 5)]
    yield 'cumulativeTrapezoid', lambda y, x, o: torch.cumulative_trapezoid(y, x, dim=0), [R(4, 3), R(4, 3), {'dim': 0}]
    yield 'gradient', lambda x: torch.gradient(x), [R(4, 5)]
    yield 'gradient', lambda x, o: torch.gradient(x, spacing=[0.5, 3.0], edge_order=2), [
        R(4, 5), {'spacing': [0.5, 3], 'edgeOrder': 2}]
    yield 'gradient', lambda x, o: torch.gradient(x, spacing=2, dim=1), [R(2, 3), {'spacing': 2, 'dim': 1}]
    yield 'cov', torch.cov, [R(3, 5)]
    yield 'cov', torch.cov, [R(4)]
    yield 'cov', lambda x, o: torch.cov(x, correction=0), [R(3, 5), {'correction': 0}]
    yield 'corrcoef', torch.corrcoef, [R(3, 6)]

    yield 'sliceScatter', slices, [R(4, 3), R(2, 3), 0, 1, 3]
    yield 'sliceScatter', slices, [R(2, 5), R(2, 2), 1, -4, 5, 2]
    yield 'selectScatter', torch.select_scatter, [R(2, 3), R(2), 1, -1]
    for offset, n in ((0, 3), (1, 3), (2, 2), (-1, 2), (-2, 1)):
        yield 'diagonalScatter', torch.diagonal_scatter, [R(3, 4), R(n), offset]
    yield 'diagonalScatter', torch.diagonal_scatter, [R(3, 2, 4), R(2, 3), 1, 0, 2]
    yield 'diagflat', torch.diagflat, [R(2, 2), 1]
    yield 'tensorSplit', torch.tensor_split, [R(7, 2), 3]
    yield 'tensorSplit', torch.tensor_split, [R(2, 5), [1, 4], 1]
    yield 'tensorSplit', torch.tensor_split, [R(2, 2), 3, 1]
    yield 'addbmm', torch.addbmm, [R(2, 4), R(3, 2, 3), R(3, 3, 4)]
    yield 'addr', torch.addr, [R(2, 3), R(2), R(3)]

    odd = I([NAN, INF, -INF, 0.0, -0.0, 1.5])
    for name in ('isneginf', 'isposinf', 'signbit'):
        yield name, getattr(torch, name), [odd[1:]]
    yield 'isin', torch.isin, [I([[1.0, 2], [3, 2]]), I([2.0, 5])]
    yield 'deg2rad', torch.deg2rad, [R(3)]
    yield 'rad2deg', torch.rad2deg, [R(3)]
    yield 'fmax', torch.fmax, [I([NAN, 1.0, 2, -3]), I([0.0, NAN, 1, -2])]
    yield 'fmin', torch.fmin, [I([NAN, 1.0, 2, -3]), I([0.0, NAN, 1, -2])]
    yield 'logaddexp2', torch.logaddexp2, [R(3), R(3)]
    yield 'logaddexp2', torch.logaddexp2, [I([200.0, -300]), I([200.0, -301])]
