"""Calls of functions by name, whatever their arguments: values, gradients, and gradients of these."""

import torch
from golden import agree

R = torch.randn
I = torch.tensor


def table():
    """Name, PyTorch's function, arguments; those from `options` on are one object there."""
    yield 'flip', torch.flip, [R(2, 3, 4), [0, 2]]
    yield 'fliplr', torch.fliplr, [R(2, 3)]
    yield 'flipud', torch.flipud, [R(2, 3)]
    for k, dims in ((1, [0, 1]), (2, [0, 1]), (3, [1, 2]), (-1, [2, 0]), (5, [0, 2])):
        yield 'rot90', torch.rot90, [R(2, 3, 4), k, dims]
    yield 'roll', torch.roll, [R(2, 3), 2]
    yield 'roll', torch.roll, [R(2, 3), -4, 1]
    yield 'roll', torch.roll, [R(4, 3), [1, -1], [0, 1]]
    yield 'repeat', torch.Tensor.repeat, [R(2, 3), [2, 2]]
    yield 'repeat', torch.Tensor.repeat, [R(3), [4, 1, 2]]
    yield 'tile', torch.tile, [R(2, 3), [2]]
    yield 'tile', torch.tile, [R(3), [2, 2]]
    yield 'repeatInterleave', lambda x, n, d: torch.repeat_interleave(x, n, d), [R(2, 3), 3, 1]
    yield 'repeatInterleave', lambda x, n, d: torch.repeat_interleave(x, I(n), d), [R(2, 3), [2, 0, 1], 1]
    yield 'narrow', torch.narrow, [R(4, 3), 0, 1, 2]
    yield 'unbind', torch.unbind, [R(2, 3), 1]
    yield 'chunk', torch.chunk, [R(7, 2), 3, 0]
    yield 'split', torch.split, [R(5, 2), [1, 4], 0]
    yield 'split', torch.split, [R(5, 2), 2, 0]
    yield 'movedim', torch.movedim, [R(2, 3, 4), [0, 1], [1, 2]]
    yield 'movedim', torch.movedim, [R(2, 3, 4), 2, 0]
    yield 'swapaxes', torch.swapaxes, [R(2, 3, 4), 0, 2]
    for offset in (0, 1, -2, 4):
        yield 'diagonal', torch.diagonal, [R(3, 4, 2), offset, 0, 1]
        yield 'diag', torch.diag, [R(3), offset]
        yield 'diag', torch.diag, [R(3, 4), offset]
        yield 'tril', torch.tril, [R(2, 3, 4), offset]
        yield 'triu', torch.triu, [R(3, 4), offset]
    yield 'diagEmbed', torch.diag_embed, [R(2, 3), 1, 0, 2]
    yield 'diagEmbed', torch.diag_embed, [R(2, 3), -1, -2, -1]
    yield 'trace', torch.trace, [R(3, 4)]

    # What has no derivative there: PyTorch takes 0, or shares among equals.
    rows = I([[0.0, 0, 0], [3, 4, 0], [2, 2, 2], [-1, 5, 5]])
    yield 'norm', lambda x, p, d: torch.linalg.vector_norm(x, p, dim=d), [rows, 2, 1]
    yield 'std', torch.std, [rows, 1]
    yield 'variance', torch.var, [rows, 1]
    yield 'amax', torch.amax, [rows, 1]
    yield 'amin', torch.amin, [rows, 1]
    yield 'amax', torch.amax, [rows]
    low = I([[-float('inf'), 0, 1], [-1, -float('inf'), -float('inf')]])
    yield 'logsumexp', torch.logsumexp, [low, 1]

    zeros = I([[0.0, 2, -3, 4, 5], [0, 0, 2, 3, 4]])
    yield 'prod', torch.prod, [R(2, 5)]
    yield 'prod', torch.prod, [zeros, 1]
    yield 'nansum', torch.nansum, [I([[1.0, float('nan'), 2], [4, 5, 6]]), 1]
    yield 'nanmean', torch.nanmean, [I([[1.0, float('nan'), 2], [4, 5, 6]]), 1]
    yield 'varMean', torch.var_mean, [R(2, 5), 1]
    yield 'stdMean', torch.std_mean, [R(2, 5), 0]

    odd = I([0.0, -0.0, 1.5, float('nan'), float('inf'), -float('inf')])
    for name in ('isnan', 'isinf', 'isfinite'):
        yield name, getattr(torch, name), [odd]
    yield 'logicalNot', torch.logical_not, [odd]
    flags = I([0.0, 1, 0, 2]), I([0.0, 0, -1, float('nan')])
    yield 'logicalAnd', torch.logical_and, list(flags)
    yield 'logicalOr', torch.logical_or, list(flags)
    yield 'logicalXor', torch.logical_xor, list(flags)
    few = torch.randint(0, 2, (3, 4)).float()
    yield 'any', torch.any, [few, 1]
    yield 'any', torch.any, [few]
    yield 'all', torch.all, [few, 0]
    yield 'all', torch.all, [few]
    yield 'countNonzero', torch.count_nonzero, [few, 1]
    other = I([0.0, 0.0, 1.500001, float('nan'), float('inf'), float('inf')])
    yield 'isclose', torch.isclose, [odd, other]
    yield 'isclose', lambda a, b, o: torch.isclose(a, b, equal_nan=True), [odd, other, {'equalNan': True}]

    yield 'trunc', torch.trunc, [R(5) * 3]
    yield 'frac', torch.frac, [R(5) * 3]
    yield 'nanToNum', lambda x, o: torch.nan_to_num(x, 1, 2, 3), [odd, {'nan': 1, 'posinf': 2, 'neginf': 3}]
    yield 'heaviside', lambda x, v: torch.heaviside(x.detach(), I(v, dtype=x.dtype)), [odd, 0.5]
    yield 'logaddexp', torch.logaddexp, [R(2, 3), R(3)]
    yield 'logit', torch.logit, [torch.rand(5) * 0.8 + 0.1]
    yield 'logit', torch.logit, [torch.rand(5), 0.2]
    yield 'xlogy', torch.xlogy, [I([1.0, 2, -3]), torch.rand(3) + 0.5]
    yield 'addcmul', lambda x, a, b, o: torch.addcmul(x, a, b, value=0.5), [R(2, 3), R(3), R(2, 1), {'value': 0.5}]
    yield 'addcdiv', lambda x, a, b, o: torch.addcdiv(x, a, b, value=2), [R(3), R(3), torch.rand(3) + 1, {'value': 2}]
    for weight in (0.25, 0.75):
        yield 'lerp', torch.lerp, [R(2, 3), R(2, 3), weight]
    yield 'lerp', torch.lerp, [R(2, 3), R(2, 3), R(2, 3)]

    yield 'mm', torch.mm, [R(2, 3), R(3, 4)]
    yield 'mv', torch.mv, [R(2, 3), R(3)]
    yield 'bmm', torch.bmm, [R(2, 2, 3), R(2, 3, 4)]
    scales = {'beta': 0.5, 'alpha': 2}
    yield 'addmm', lambda c, a, b, o: torch.addmm(c, a, b, **o), [R(4), R(2, 3), R(3, 4), scales]
    yield 'addmv', lambda c, a, b, o: torch.addmv(c, a, b, **o), [R(2), R(2, 3), R(3), scales]
    yield 'baddbmm', lambda c, a, b, o: torch.baddbmm(c, a, b, **o), [R(2, 4), R(2, 2, 3), R(2, 3, 4), scales]
    yield 'outer', torch.outer, [R(2), R(3)]
    yield 'inner', torch.inner, [R(2, 3), R(4, 3)]
    yield 'kron', torch.kron, [R(2, 3), R(3, 1)]
    yield 'cross', lambda a, b, d: torch.cross(a, b, dim=d), [R(3, 2), R(3, 2), 0]
    yield 'tensordot', torch.tensordot, [R(2, 3, 4), R(3, 4, 2), 2]
    yield 'tensordot', torch.tensordot, [R(2, 3, 4), R(4, 5, 2), [[2, 0], [0, 2]]]
    for equation, *shapes in (
        ('ij,jk->ik', (2, 3), (3, 4)), ('ii', (3, 3)), ('ba', (2, 3)), ('...ij,...jk->...ik', (2, 1, 3, 4), (5, 4, 2)),
        ('bhqd,bhkd->bhqk', (2, 2, 3, 4), (2, 2, 5, 4)), ('ij,kj,lj->ikl', (2, 3), (4, 3), (5, 3)),
        ('bii,i->b', (2, 3, 3), (3,)), ('i,j,ij->', (2,), (3,), (2, 3)), ('...i->...', (2, 3, 4)),
    ):
        yield 'einsum', torch.einsum, [equation, *map(R, shapes)]


def run(f, args, dtype, gs, vs):
    """Values ys; for cotangents gs the gradients of float tensors; for directions vs, the gradients of Σ⟨v, gradient⟩."""
    cast = [a.to(dtype).requires_grad_() if isinstance(a, torch.Tensor) and a.is_floating_point() else a for a in args]
    leaves = [a for a in cast if isinstance(a, torch.Tensor) and a.requires_grad]
    ys = f(*cast)
    ys = list(ys) if isinstance(ys, (list, tuple)) else [ys]
    smooth = [y for y in ys if y.requires_grad]
    if not smooth:
        return {'ys': ys, 'gs': [], 'grads': [], 'vs': [], 'seconds': []}
    gs = gs or [torch.randn(y.shape) for y in smooth]
    grads = torch.autograd.grad(smooth, leaves, [g.to(dtype) for g in gs], create_graph=True, allow_unused=True)
    grads = [torch.zeros_like(x) if g is None else g for g, x in zip(grads, leaves)]
    vs = vs or [torch.randn(x.shape) for x in leaves]
    phi = sum((g * v.to(dtype)).sum() for g, v in zip(grads, vs))
    seconds = [None] * len(leaves)
    if phi.requires_grad:
        try:
            seconds = torch.autograd.grad(phi, leaves, allow_unused=True)
        except RuntimeError as error:
            if 'is not implemented' not in str(error):
                raise
            return {'ys': [y.detach() for y in ys], 'gs': gs, 'grads': [g.detach() for g in grads], 'vs': vs, 'seconds': []}
    seconds = [torch.zeros_like(x) if s is None else s for s, x in zip(seconds, leaves)]
    if any(s.isnan().any() for s in seconds) and not any(x.isnan().any() for x in leaves):
        seconds = []  # no number there
    return {'ys': [y.detach() for y in ys], 'gs': gs, 'grads': [g.detach() for g in grads], 'vs': vs, 'seconds': seconds}


def calls(rows):
    """What `rows` of a table compute."""
    for op, f, args in rows:
        wide = run(f, args, torch.float64, None, None)
        narrow = run(f, args, torch.float32, wide['gs'], wide['vs'])
        for key in ('ys', 'grads', 'seconds'):
            for a, b in zip(wide[key], narrow[key]):
                agree(op, a, b.float())
        yield {'op': op, 'args': args, **wide}
