"""Calls that index, scatter, run along a dimension and arrange: rows of calls.py."""

import torch
import torch.nn.functional as F

R = torch.randn
I = torch.tensor


def key(i):
    """An index of phyllo as one of PyTorch's."""
    if i == '...':
        return ...
    if isinstance(i, str):
        return slice(*(int(part) if part else None for part in i.split(':')))
    return i


def at(x, *indices):
    return x[tuple(key(i) for i in indices)]


def running():
    odd = I([[2.0, 2, -1, float('nan'), 3], [0, -0.0, 0, -1, -1], [1, 3, 2, 3, 5]])
    for name in ('cumprod', 'logcumsumexp', 'cummax', 'cummin'):
        f = getattr(torch, name)
        yield name, f, [R(3, 5), 1]
        yield name, f, [R(6, 2), 0]
        yield name, f, [R(()), -1]
        if name in ('cummax', 'cummin'):
            yield name, f, [odd, 1]
    zeros = I([[0.0, 2, 3, 4], [2, 0, 0, 3]])
    yield 'cumprod', torch.cumprod, [zeros, 1]
    yield 'diff', torch.diff, [R(3, 4)]
    yield 'diff', torch.diff, [R(5, 2), 2, 0]
    for name in ('sum', 'mean', 'amax', 'prod', 'softmax', 'cumsum', 'argmax'):
        for dim in (0, -1):
            yield name, getattr(torch, name), [R(()), dim]
    yield 'topk', torch.topk, [R(()), 1, -1]
    for name in ('max', 'min', 'sort'):
        yield name, getattr(torch, name), [R(()), -1]


def shapes():
    yield 'unflatten', lambda x, d, s: x.unflatten(d, s), [R(2, 6), 1, [3, -1]]
    for name, f in (('atleast1d', torch.atleast_1d), ('atleast2d', torch.atleast_2d), ('atleast3d', torch.atleast_3d)):
        for shape in ((), (3,), (2, 3), (2, 3, 2, 2)):
            yield name, f, [R(shape)]
    yield 'ravel', torch.ravel, [R(2, 3)]
    yield 'clone', torch.clone, [R(2, 3)]
    yield 'broadcastTo', torch.broadcast_to, [R(2, 1), [3, 2, 4]]
    yield 'expandAs', lambda x, y: x.expand_as(y), [R(3), R(2, 3)]
    yield 'reshapeAs', lambda x, y: x.reshape_as(y), [R(2, 3), R(3, 2)]


def table():
    yield from indexing()
    yield from running()
    yield from shapes()
    yield from edges()


def edges():
    """One number, and none at all."""
    for name in ('transpose', 'swapaxes', 'movedim'):
        yield name, getattr(torch, name), [R(()), 0, -1]
    yield 'indexSelect', torch.index_select, [R(()), -1, I([0])]
    yield 'indexSelect', torch.index_select, [R(()), 0, I(0)]
    yield 'indexSelect', torch.index_select, [R(3, 2), 0, I(2)]
    yield 'softmin', F.softmin, [R(()), -1]
    for name in ('cummax', 'cummin', 'cumprod'):
        yield name, getattr(torch, name), [R(0, 3), 1]
        yield name, getattr(torch, name), [torch.zeros(0, 3, dtype=torch.int32), 1]
    yield 'kthvalue', torch.kthvalue, [R(0, 2, 4), 4, 2]
    yield 'mode', torch.mode, [torch.zeros(4, 2, 0, dtype=torch.int32), 0]
    yield 'chunk', torch.chunk, [R(2, 0), 3, 1]
    yield 'split', torch.split, [R(2, 0), 3, 1]


def indexing():
    x = R(3, 4, 2)
    grid = I([[0, 2], [1, -1]])
    mask = x[:, :, 0] > 0
    for indices in (
        [0], [-1, 2], ['1:'], ['...', '-1:'], [None, '::2', None, '1:3'], ['...', 1], ['5:', '-9:2'], [],
        [[0, 2, 0]], [':', [1, 3]], ['...', grid % 2], [[0, 2], [1, -1]], [[0, 2], ':', [1, -1]], [grid, '1:'],
        [grid, None, [1, 0]], [0, ':', [1, 0]], [[1], '::2', 1], [I(1)], [I([[1], [0]]), [0, 1, 2]],
        [mask], [mask[:, 0]], [':', mask[0]], [mask[:, 0], '...', [0]], ['...', I([True, False])], [mask & False],
    ):
        yield 'at', at, [x, *indices]

    e = I([[0, 2], [1, 1], [2, 0]])
    yield 'gather', torch.gather, [R(3, 4), 1, e]
    yield 'gather', torch.gather, [R(4, 2), 0, e]
    yield 'gather', torch.gather, [R(5, 3, 2), 1, I([[[2], [0], [0], [1]]])]
    yield 'indexSelect', torch.index_select, [R(3, 4), 1, I([3, 0, 0])]
    yield 'take', torch.take, [R(2, 3), I([[5, 0], [-1, 2]])]
    yield 'takeAlongDim', torch.take_along_dim, [R(3, 4), I([[2, 0, 3]]), 1]
    yield 'takeAlongDim', torch.take_along_dim, [R(3, 4), I([2, 0, 11])]
    yield 'maskedSelect', torch.masked_select, [R(3, 4), I([True, False, True, True])]
    yield 'maskedSelect', torch.masked_select, [R(4), mask]
    odd = I([[0.0, -0.0, 1.5], [float('nan'), 0, -2]])
    yield 'nonzero', torch.nonzero, [odd]
    yield 'argwhere', torch.argwhere, [odd]
    yield 'where', torch.where, [odd]

    unique = I([[0, 2], [1, 3], [2, 0]])
    for f, name in ((torch.scatter, 'scatter'), (torch.scatter_add, 'scatterAdd')):
        yield name, f, [R(3, 4), 1, unique, R(3, 2)]
        yield name, f, [R(4, 4), 1, unique[:2], R(2, 2)]
        yield name, f, [R(4, 2), 0, unique[:2, :1], R(2, 1)]
    yield 'scatter', torch.scatter, [R(3, 4), 1, e, 2.5]
    yield 'scatterAdd', torch.scatter_add, [R(3, 4), 1, e, R(3, 2)]
    for how in ('sum', 'prod', 'mean', 'amax', 'amin'):
        for options in ({}, {'includeSelf': False}):
            f = lambda x, d, i, s, how, o: torch.scatter_reduce(x, d, i, s, how, include_self=o.get('includeSelf', True))
            yield 'scatterReduce', f, [torch.rand(3, 4) + 0.5, 1, e, torch.rand(3, 2) + 0.5, how, options]
            few = I([0.0, 1, -1, 2]) * 10 + (0 if options == {} else 55), I([1.0, 0, 0, 2, -2, 1])
            if how not in ('prod',):
                yield 'scatterReduce', f, [few[0], 0, I([0, 0, 1, 3, 3, 2]), few[1], how, options]
    one = I([2.0, 3, 0, 0]), I([0.0, 3, 5, 7])
    yield 'scatterReduce', lambda x, d, i, s, how: torch.scatter_reduce(x, d, i, s, how), [
        one[0], 0, I([0, 1, 2, 2]), one[1], 'prod']
    yield 'indexCopy', torch.index_copy, [R(3, 4), 1, I([3, 0]), R(3, 2)]
    yield 'indexAdd', torch.index_add, [R(3, 4), 0, I([2, 0, 2]), R(3, 4)]
    yield 'indexAdd', lambda x, d, i, s, o: torch.index_add(x, d, i, s, **o), [R(3), 0, I([2, 2]), R(2), {'alpha': -2}]
    yield 'indexFill', torch.index_fill, [R(3, 4), 1, I([1, 3]), 5]
    yield 'maskedScatter', torch.masked_scatter, [R(3, 4), mask, R(3, 4)]
    yield 'maskedScatter', torch.masked_scatter, [R(3, 4), I([True, False, False, True]), R(7)]
