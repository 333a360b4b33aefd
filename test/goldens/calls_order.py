"""Calls of order statistics, norms and distances: rows of calls.py."""

import torch
import torch.nn.functional as F

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

    rows = I([[0.0, 0, 0], [3, 4, 0], [2, -2, 2], [-1, 5, 5]])
    for order in (2, 1, 3, 1.5):
        yield 'vectorNorm', torch.linalg.vector_norm, [R(3, 4), order, 1]
    for order in (2, 1, 3):
        yield 'vectorNorm', torch.linalg.vector_norm, [rows, order, 1]
    yield 'vectorNorm', torch.linalg.vector_norm, [R(2, 3, 4), 2, [0, 2]]
    yield 'norm', lambda x, p, d, o: torch.norm(x, p, d, True), [R(3, 4), 1.5, 0, {'keepdim': True}]
    yield 'norm', lambda x: torch.norm(x), [R(3, 4)]
    yield 'dist', torch.dist, [R(3, 4), R(4), 3]
    yield 'dist', torch.dist, [R(3, 4), R(3, 4)]
    yield 'normalize', F.normalize, [R(3, 4)]
    yield 'normalize', F.normalize, [rows]
    yield 'normalize', lambda x, o: F.normalize(x, **o), [R(3, 4), {'p': 1, 'dim': 0}]
    yield 'cosineSimilarity', F.cosine_similarity, [R(3, 4), R(3, 4)]
    yield 'cosineSimilarity', F.cosine_similarity, [rows[1:], R(3, 3)]
    yield 'cosineSimilarity', lambda a, b, o: F.cosine_similarity(a, b, 0), [R(3, 4), R(4), {'dim': 0}]
    yield 'pairwiseDistance', F.pairwise_distance, [R(3, 4), R(3, 4)]
    yield 'pairwiseDistance', lambda a, b, o: F.pairwise_distance(a, b, p=1, keepdim=True), [
        R(3, 4), R(3, 4), {'p': 1, 'keepdim': True}]
    # The gradients of PyTorch's own have none.
    far = lambda a, b, p=2: torch.linalg.vector_norm(a[..., :, None, :] - b[..., None, :, :], p, dim=-1)
    yield 'cdist', far, [R(3, 4), R(5, 4)]
    yield 'cdist', far, [R(2, 3, 4), R(2, 5, 4), 1]
    yield 'pdist', lambda x: far(x, x)[tuple(torch.triu_indices(4, 4, 1))], [R(4, 3)]
    yield 'renorm', torch.renorm, [R(3, 4), 2, 0, 1.5]
    yield 'variance', lambda x, d, o: torch.var(x, d, correction=0), [R(2, 3, 4), [0, 2], {'correction': 0}]
    yield 'std', lambda x, d, o: torch.std(x, d, correction=2), [R(2, 3, 4), [0, 2], {'correction': 2}]
    target = I([0.0, 1, 0, 1, 0.5, 1])
    odd = I([0.0, 1, 1, 0, 0.25, 1e-3])
    for reduction in ('none', 'mean'):
        yield 'binaryCrossEntropy', lambda x, t, o, r=reduction: F.binary_cross_entropy(x, t, reduction=r), [
            odd, target, {'reduction': reduction}]

    yield 'trilIndices', torch.tril_indices, [3, 4, 1]
    yield 'triuIndices', torch.triu_indices, [4, 3, -1]
    yield 'combinations', torch.combinations, [R(4)]
    yield 'combinations', lambda x, r, o: torch.combinations(x, r, True), [R(3), 3, {'withReplacement': True}]
    # PyTorch's own writes in place what its gradient needs.
    yield 'vander', lambda x: torch.stack([x**3, x**2, x, x * 0 + 1], 1), [R(4)]
    yield 'vander', lambda x, n, o: torch.stack([x * 0 + 1, x, x**2, x**3, x**4], 1), [R(3), 5, {'increasing': True}]

    # Of no numbers, and of one.
    yield 'logsumexp', torch.logsumexp, [R(2, 0, 3), 1]
    yield 'variance', torch.var, [R(2, 0), 1]
    yield 'std', torch.std, [R(2, 0), 1]
    for order in (0.5, 3):
        yield 'vectorNorm', torch.linalg.vector_norm, [R(2, 0, 3), order, 1]
        yield 'cdist', far, [R(2, 0), R(3, 0), order]
    yield 'cosineSimilarity', lambda a, b, o: F.cosine_similarity(a, b, **o), [R(()), R(()), {'dim': -1}]
    few = torch.randint(0, 2, (3, 2, 4)).float()
    for dim in (1, 2):
        yield 'unique', lambda x, o: torch.unique(x.detach(), return_inverse=True, return_counts=True, dim=o['dim']), [
            few, {'returnInverse': True, 'returnCounts': True, 'dim': dim}]
    for name in ('max', 'min'):
        f = getattr(torch, name)
        yield name, f, [R(2, 3, 4)]
        yield name, f, [I([1.0, 3, -2, 3, -2])]
        yield name, f, [R(3, 4), R(4)]
