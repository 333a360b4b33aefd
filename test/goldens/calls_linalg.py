"""Calls of linear algebra. What has signs of its own is squared, as test/ops/linalg-calls.ts does."""

import torch
from torch import linalg

R = torch.randn
EYE = torch.eye


def regular(*shape):
    """The other diagonal dominates, so rows are exchanged."""
    return R(*shape) * 0.5 + 3 * EYE(shape[-1]).flip(0)


def definite(*shape):
    x = R(*shape)
    return x @ x.mT + EYE(shape[-1])


def apart(*shape):
    """Singular values are apart."""
    k = min(shape[-2:])
    y = R(*shape) * 0.3
    y[..., range(k), range(k)] += 3 + 2 * torch.arange(k)
    return y


def eigh(a, o=None):
    w, v = linalg.eigh(a + a.mT, **(o or {}))
    return w, v**2


def slogdet(a):
    sign, logabsdet = linalg.slogdet(a)
    return sign.detach(), logabsdet


def cholesky_solve(b, factor, o):
    """PyTorch's gradient has elements in the triangle that is not read, too."""
    return torch.cholesky_solve(b, factor.triu() if o['upper'] else factor.tril(), **o)


def svd(a, o=None):
    u, s, vh = linalg.svd(a, full_matrices=bool(o))
    k = s.shape[-1]
    return s, u[..., :k] ** 2, vh[..., :k, :] ** 2


def cond(a, order):
    """Without writing in place, which 1.13 does to what its own gradient needs."""
    if order in (2, -2):
        return linalg.cond(a, order)
    return linalg.matrix_norm(a, order) * linalg.matrix_norm(linalg.inv(a), order)


def options(f, **renamed):
    """With options in one object, some by other names."""
    return lambda *args: f(*args[:-1], **{renamed.get(key, key): value for key, value in args[-1].items()})


def table():
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        yield 'inv', linalg.inv, [regular(*shape)]
        yield 'det', linalg.det, [regular(*shape)]
        yield 'slogdet', slogdet, [regular(*shape)]
        yield 'cholesky', linalg.cholesky, [definite(*shape)]
        yield 'eigvalsh', linalg.eigvalsh, [definite(*shape)]
        yield 'eigh', eigh, [apart(*shape)]
        yield 'matrixExp', torch.matrix_exp, [R(*shape)]
    yield 'cholesky', options(linalg.cholesky), [definite(3, 3), {'upper': True}]
    yield 'eigh', eigh, [apart(4, 4), {'UPLO': 'U'}]
    yield 'solve', linalg.solve, [regular(3, 3), R(3)]
    yield 'solve', linalg.solve, [regular(3, 3), R(3, 2)]
    yield 'solve', linalg.solve, [regular(2, 1, 3, 3), R(4, 3, 2)]
    yield 'solve', linalg.solve, [regular(2, 3, 3), R(2, 3)]
    yield 'solve', options(linalg.solve), [regular(3, 3), R(2, 3), {'left': False}]
    for shape in ((3, 3), (4, 2), (2, 4)):
        a = apart(*shape).flip(-2) if shape[0] <= shape[1] else apart(*shape)
        yield 'lu', linalg.lu, [a]
        yield 'qr', linalg.qr, [a]
        yield 'svd', svd, [apart(*shape), {'fullMatrices': False}]
        yield 'svdvals', linalg.svdvals, [apart(*shape)]
        yield 'pinv', linalg.pinv, [apart(*shape)]
        yield 'cond', linalg.cond, [apart(*shape)]
    yield 'qr', linalg.qr, [apart(2, 3, 2)]
    yield 'qr', options(linalg.qr), [apart(2, 4), {'mode': 'complete'}]
    yield 'luFactor', lambda a: (linalg.lu_factor(a)[0], linalg.lu_factor(a)[1]), [regular(3, 3)]
    for left in (True, False):
        for flag in (True, False):
            b = R(3, 2) if left else R(2, 3)
            lu, pivots = linalg.lu_factor(regular(3, 3))
            yield 'luSolve', options(linalg.lu_solve), [lu, pivots, b, {'left': left, 'adjoint': flag}]
            triangle = {'upper': flag, 'left': left}
            t = R(3, 3) * 0.5 + 3 * EYE(3)
            yield 'solveTriangular', options(linalg.solve_triangular), [t, b, triangle]
            yield 'solveTriangular', options(linalg.solve_triangular), [t, b, {**triangle, 'unitriangular': True}]
    for upper in (True, False):
        yield 'choleskySolve', cholesky_solve, [R(3, 2), R(3, 3) * 0.5 + 3 * EYE(3), {'upper': upper}]
    for order in ('fro', 'nuc', 1, -1, 2, -2):
        yield 'matrixNorm', linalg.matrix_norm, [apart(3, 2), order]
        yield 'cond', cond, [apart(3, 3), order]
    yield 'matrixNorm', lambda x, p, d, o: linalg.matrix_norm(x, p, d, **o), [R(2, 3, 4), 'fro', [0, 2], {'keepdim': True}]
    yield 'matrixRank', linalg.matrix_rank, [apart(2, 4, 3)]
    yield 'matrixRank', linalg.matrix_rank, [torch.arange(16.0).reshape(4, 4)]
    yield 'matrixRank', options(linalg.matrix_rank), [torch.diag(torch.tensor([4.0, 1, 0.1])), {'atol': 0.5}]
    yield 'matrixRank', options(linalg.matrix_rank), [torch.diag(torch.tensor([4.0, -1, 0.1])), {'rtol': 0.1, 'hermitian': True}]
    yield 'pinv', options(linalg.pinv), [definite(3, 3), {'hermitian': True}]
    for n in (1, 2, 5, -3):
        yield 'matrixPower', linalg.matrix_power, [regular(2, 2) * 0.4, n]
    yield 'matrixExp', torch.matrix_exp, [R(4, 4) * 3]
    yield 'lstsq', lambda a, b: linalg.lstsq(a, b)[:1], [apart(4, 2), R(4, 3)]
    yield 'lstsq', lambda a, b: linalg.lstsq(a, b)[:1], [apart(2, 4), R(2, 1)]
    yield 'lstsq', lambda a, b: linalg.lstsq(a, b)[:1], [apart(2, 3, 3), R(2, 3, 2)]
    yield 'multiDot', lambda *xs: linalg.multi_dot(xs), [R(2, 3), R(3, 4), R(4, 2), R(2, 5)]
    yield 'multiDot', lambda *xs: linalg.multi_dot(xs), [R(3), R(3, 4), R(4)]
    for shape, order in (((0, 0), 2), ((2, 0, 0), 1), ((3, 0), -2)):
        yield 'cond', linalg.cond, [R(*shape), order]
