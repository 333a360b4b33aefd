"""Writes the golden files beside this script: what PyTorch computes, for the tests to compare with."""

import importlib
import pathlib

import attention
import calls
import functions
import layers
import optimisers
import recurrent
import schedules
import torch
import training
from golden import write

MAKERS = {
    'conv2d': functions.conv2d,
    'pool': functions.pool,
    'losses': functions.losses,
    'activations': functions.activations,
    'norm': layers.norm,
    'more': layers.more,
    'rnn': recurrent.layers,
    'attention': attention.cases,
    'init': training.init,
    'optim': optimisers.paths,
    'lbfgs': optimisers.descents,
    'clip': optimisers.clips,
    'schedules': schedules.rates,
    'lenet': training.lenet,
}
# Each file calls*.py has a table of calls, and a golden file of its own.
for path in sorted(pathlib.Path(__file__).parent.glob('calls*.py')):
    rows = importlib.import_module(path.stem).table
    MAKERS[path.stem] = lambda rows=rows: calls.calls(rows())

torch.set_num_threads(1)
for name, make in MAKERS.items():
    torch.manual_seed(0)
    write(name, list(make()))
