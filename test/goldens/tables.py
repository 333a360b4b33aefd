"""What pandas and scikit-learn make of tables, for test/tables.

pandas 3.1.1 and scikit-learn 1.9.1 (NumPy 2.4.6), from the repository's root, once node modules are installed:

    python3 -m venv venv && venv/bin/pip install pandas==3.1.1 scikit-learn==1.9.1 numpy==2.4.6
    venv/bin/python -B test/goldens/tables.py

Tables are the penguins and cars of npm's @observablehq/sample-datasets. Encoders learn of the even rows and are applied to
every ninth of the odd ones. Running it again gives the same bytes.
"""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, StandardScaler

HERE = Path(__file__).parent
DATA = HERE / '../../node_modules/@observablehq/sample-datasets'
TABLES = {name: pd.read_csv(DATA / f'{name}.csv') for name in ('penguins', 'cars')}

CSV = [
    'a,b\n1,2\n3,4\n',
    'a,b\r\n1,"x, ""y"""\r\n2,"two\r\nlines"\r\n',
    '\ufeffa,b\n-1.5e3,.5\n+2,7.\n',
    'a,b,c\n1,,x\nNA,2,\nNaN,null,N/A\n',
    'a,b\ninf,1\n-inf,2\nInfinity,3\n',
    'a,b\nTrue,1\nFalse,2\nTrue,3\n',
    '\n\na,b\n\n1,2\n\n',
    'a,b\n"1","2"\n"","4"',
    'ä,b\n日本,1\n😀,2\n',
    'a,b\n 1 ,x y\n2, z\n',
]


def values(column):
    """A column as JSON: missing values null, infinite ones as text."""
    plain = [v.item() if isinstance(v, np.generic) else v for v in column]
    return [
        None if v is None or v != v else ('inf' if v > 0 else '-inf') if isinstance(v, float) and np.isinf(v) else v
        for v in plain
    ]


def parsed(text):
    # Python's engine reads a mark of byte order in text as a letter, the C engine does not.
    table = pd.read_csv(io.BytesIO(text.encode()))
    return {'text': text, 'columns': {name: values(table[name]) for name in table}}


def described(name):
    table = TABLES[name]
    numbers = table.describe(include=[np.number])
    texts = table.select_dtypes(exclude=[np.number])
    return {
        'table': name,
        'missing': {column: int(table[column].isna().sum()) for column in table},
        'numbers': {column: numbers[column].tolist() for column in numbers},
        'values': {column: texts[column].value_counts().to_dict() for column in texts if column != 'name'},
    }


NUMBERS = {
    'penguins': ['culmen_length_mm', 'culmen_depth_mm', 'flipper_length_mm', 'body_mass_g'],
    'cars': ['cylinders', 'displacement (cc)', 'power (hp)', 'weight (lb)', '0-60 mph (s)', 'year'],
}
CATEGORIES = {'penguins': ['island', 'sex'], 'cars': []}
SCALERS = {'standard': StandardScaler, 'minMax': MinMaxScaler}


def encoded(name, scale, missing, indicator):
    """Features by name; missing categories are the most frequent."""
    table = TABLES[name]
    fit, use = table.iloc[::2], table.iloc[1::18]
    strategy = {'mostFrequent': 'most_frequent'}.get(missing, missing)
    fill = {'strategy': 'constant', 'fill_value': 7} if strategy == 'constant' else {'strategy': strategy}
    steps = [('n', make_pipeline(SimpleImputer(**fill), SCALERS[scale]()), NUMBERS[name])]
    if CATEGORIES[name]:
        one_hot = make_pipeline(SimpleImputer(strategy='most_frequent'), OneHotEncoder(sparse_output=False))
        steps.append(('c', one_hot, CATEGORIES[name]))
    if indicator:
        steps.append(('i', MissingIndicator(error_on_new=False), NUMBERS[name] + CATEGORIES[name]))
    transformer = ColumnTransformer(steps).fit(fit)
    values = transformer.transform(use)
    names = list(NUMBERS[name])
    if CATEGORIES[name]:
        encoder = transformer.named_transformers_['c'][-1]
        names += [f'{c}={v}' for c, vs in zip(CATEGORIES[name], encoder.categories_) for v in vs]
    if indicator:
        every = NUMBERS[name] + CATEGORIES[name]
        names += [f'{every[i]} missing' for i in transformer.named_transformers_['i'].features_]
    features = {n: [float(f'{v:.9g}') for v in values[:, i].tolist()] for i, n in enumerate(names)}
    case = {'table': name, 'scale': scale, 'missing': missing, 'indicator': indicator, 'features': features}
    if name == 'penguins':
        labels = LabelEncoder().fit(fit['species'])
        return {**case, 'classes': labels.classes_.tolist(), 'targets': labels.transform(use['species']).tolist()}
    return case


def write():
    cases = {
        'csv': [parsed(text) for text in CSV],
        'describe': [described(name) for name in TABLES],
        'encoder': [
            encoded('penguins', 'standard', 'mean', True),
            encoded('penguins', 'minMax', 'median', False),
            encoded('cars', 'standard', 'mostFrequent', True),
            encoded('cars', 'minMax', 'constant', False),
        ],
    }
    lines = ',\n'.join(
        f'"{key}":[\n' + ',\n'.join(json.dumps(case, allow_nan=False, separators=(',', ':')) for case in list_) + '\n]'
        for key, list_ in cases.items()
    )
    text = f'{{"pandas":"{pd.__version__}",\n{lines}\n}}\n'
    (HERE / 'tables.json').write_text(text)
    print(f'tables.json: {len(text)} bytes')


write()
