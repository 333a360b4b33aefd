"""Calls of order statistics, norms and distances: rows of calls.py."""

import torch

R = torch.randn
I = torch.tensor
NAN = float('nan')


def table():
    gaps = I([[1.0, NAN, 3, 2, 0], [5, 4, 3, 2, 1], [NAN, NAN, NAN, NAN, 7]])
    for name in ('median', 'nanmedian'):
        f = getattr(torch, name)
        yield name, f, [R(3, 4)]
        yield name, f, [I([3.0, 1, 1, 2, 1, 3])]
        yield name, f, [R(3, 4), 1]
        yield name, f, [R(5, 3), 0]
        yield name, f, [gaps, 1]
    yield 'kthvalue', torch.kthvalue, [R(3, 5), 2]
    yield 'kthvalue', torch.kthvalue, [R(3, 5), 3, 0]
    yield 'mode', lambda x: torch.mode(x), [I([[1.0, 2, 2, 1], [4, 3, 2, 1], [5, 5, 1, 5]])]
    for name in ('quantile', 'nanquantile'):
        f = getattr(torch, name)
        yield name, f, [R(3, 4), 0.3]
        yield name, f, [R(3, 4), 0.25, 0]
        yield name, lambda x, q, d, f=f: f(x, I(q, dtype=x.dtype), d), [R(3, 6), [0.1, 0.5, 0.75, 1], 1]
        yield name, f, [gaps, 0.4, 1]
        for how in ('linear', 'lower', 'higher', 'midpoint', 'nearest'):
            yield name, lambda x, q, d, o, f=f, how=how: f(x, I(q, dtype=x.dtype), d, interpolation=how), [
                R(2, 6), [0, 0.25, 0.5, 0.7], 1, {'interpolation': how}]
    edges = I([-1.0, 0, 0, 0.5, 1])
    for right in (False, True):
        values = I([[-2.0, -1, 0.2], [0, 1, 3], [NAN, 0.5, float('inf')]])
        yield 'searchsorted', lambda a, v, o, right=right: torch.searchsorted(a.detach(), v.detach(), right=right), [
            edges, values, {'right': right}]
        yield 'bucketize', lambda v, a, o, right=right: torch.bucketize(v.detach(), a.detach(), right=right), [
            values, edges, {'right': right}]
    yield 'searchsorted', lambda a, v: torch.searchsorted(a.detach(), v.detach()), [
        torch.sort(R(3, 5)).values, R(3, 4)]
    yield 'histc', lambda x, *a: torch.histc(x.detach(), *a), [R(4, 9), 7, -1, 2]
    yield 'histogram', lambda x, n, o: torch.histogram(x.detach(), n, range=(-1.5, 2)), [
        R(40), 8, {'range': [-1.5, 2]}]
    yield 'histogram', lambda x, n, o: torch.histogram(x.detach(), I([-2, -1, 0.5, 2], dtype=x.dtype), density=True), [
        R(40), [-2, -1, 0.5, 2], {'density': True}]
