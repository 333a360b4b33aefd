"""What scikit-learn says of 200 small random samples: metrics.json, a case a line.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python -B test/goldens/metrics.py

Scores are multiples of 1/64, so that there are many ties and float32 holds them exactly; counts of them are in the file.
"""

import json
import math
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import calibration, metrics

warnings.simplefilter('ignore')
random = np.random.default_rng(7)


def plain(value):
    """NaN as null, seven digits."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else 'inf' if math.isinf(value) else float(f'{value:.7g}')
    return int(value) if isinstance(value, np.integer) else value


def curves(actual, scores):
    """Points with three digits: that they are the right ones shows, and the areas have all."""
    few = lambda values: np.round(values, 3)
    fpr, tpr, above = metrics.roc_curve(actual, scores)
    precision, recall, rising = metrics.precision_recall_curve(actual, scores)
    return {
        'roc': [few(fpr), few(tpr), above * 64],
        'precisionRecall': [few(precision), few(recall), rising * 64],
        'auc': metrics.roc_auc_score(actual, scores),
        'averagePrecision': metrics.average_precision_score(actual, scores),
    }


def errors(right, confidence, bins):
    """Expected and maximal calibration error, from the bins of scikit-learn's reliability diagram."""
    share, mean = calibration.calibration_curve(right, confidence, n_bins=bins)
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    counts = np.bincount(places, minlength=bins)
    distance = np.abs(share - mean)
    return [np.sum(distance * counts[counts > 0]) / len(confidence), distance.max()]


def scores_of_classes(actual, predicted, classes, zero):
    labels = range(classes)
    of = lambda average, labels=labels: metrics.precision_recall_fscore_support(
        actual, predicted, labels=labels, average=average, zero_division=zero)[:3]
    return {average or 'perClass': of(average) for average in ('macro', 'weighted', 'micro', None)}


def of_classes(zero):
    """Of several: `parts` [n, classes] sixty-fourths are the probabilities."""
    classes, n = int(random.integers(2, 6)), int(random.integers(2, 13))
    parts = 1 + random.multinomial(64 - classes, random.dirichlet([0.6] * classes, n))
    actual = random.integers(0, random.integers(1, classes + 1), n)
    p = parts / 64
    predicted = p.argmax(1)
    one_hot = np.eye(classes, dtype=int)[actual]
    case = {
        'classes': classes,
        'parts': parts.ravel(),
        'target': actual,
        'accuracy': metrics.accuracy_score(actual, predicted),
        'confusion': metrics.confusion_matrix(actual, predicted, labels=range(classes)).ravel(),
        **scores_of_classes(actual, predicted, classes, zero),
        'calibration': errors(predicted == actual, p.max(1), 5),
        'perplexity': math.exp(metrics.log_loss(actual, p, labels=range(classes))),
        'aucs': [metrics.roc_auc_score(one_hot[:, c], p[:, c]) for c in range(classes)],
        'averagePrecision': metrics.average_precision_score(one_hot, p, average='macro'),
    }
    if classes > 2:
        case['auc'] = metrics.roc_auc_score(actual, p, multi_class='ovr', labels=range(classes))
        # Of equal scores scikit-learn takes the last first.
        case['top2'] = metrics.top_k_accuracy_score(
            classes - 1 - actual, p[:, ::-1], k=2, labels=range(classes))
    return case


def of_two(zero):
    """Of two: `parts` sixty-fourths are the probabilities of class 1."""
    n = int(random.integers(2, 13))
    parts = 4 * random.integers(0, 17, n)
    actual = (random.random(n) < random.choice([0, 0.3, 0.5, 0.7, 1])).astype(int)
    predicted = (parts > 32).astype(int)
    binary = metrics.precision_recall_fscore_support(
        actual, predicted, labels=[0, 1], average=None, zero_division=zero)
    return {
        'parts': parts,
        'target': actual,
        'accuracy': metrics.accuracy_score(actual, predicted),
        'binary': [score[1] for score in binary[:3]],
        **curves(actual, parts / 64),
        'calibration': errors(actual, parts / 64, 5),
    }


def of_numbers():
    n, outputs = int(random.integers(2, 9)), int(random.integers(1, 3))
    target = random.integers(-32, 33, (n, outputs)) * random.integers(0, 2, outputs)
    output = target + random.integers(-8, 9, (n, outputs)) * random.integers(0, 2, outputs)
    t, y = target / 8, output / 8
    return {
        'outputs': outputs,
        'output': output.ravel(),
        'target': target.ravel(),
        'meanSquaredError': metrics.mean_squared_error(t, y),
        'meanAbsoluteError': metrics.mean_absolute_error(t, y),
        'r2': metrics.r2_score(t, y),
    }


def report():
    actual, predicted = [0, 1, 2, 2, 2, 0, 3, 1, 3, 3, 3], [0, 0, 2, 2, 1, 0, 3, 1, 3, 3, 2]
    names = ['cat', 'dog', 'emu', 'a long name indeed']
    text = lambda digits: metrics.classification_report(actual, predicted, target_names=names, digits=digits)
    return {'actual': actual, 'predicted': predicted, 'classNames': names, 'two': text(2), 'four': text(4)}


def case(i):
    zero = [0, 1, math.nan][i % 3]
    return {'zeroDivision': zero, 'several': of_classes(zero), 'two': of_two(zero), 'numbers': of_numbers()}


lines = ',\n'.join(json.dumps(plain(case(i)), allow_nan=False, separators=(',', ':')) for i in range(200))
head = f'"sklearn":"{sklearn.__version__}","report":{json.dumps(report())}'
path = Path(__file__).parent / 'metrics.json'
path.write_text(f'{{{head},"cases":[\n{lines}\n]}}\n')
print(f'{path.name}: {path.stat().st_size} bytes, scikit-learn {sklearn.__version__}')
