import { parse, View } from 'vega';
import { compile, type Config, type TopLevelSpec } from 'vega-lite';
import { count, percent, type Report } from './report';
import { blue, faint, fontFamily, grey, ink, mix, vermilion, type Size } from './svg';

/** One figure of the training and of the validation set over the epochs. */
export function curves({ history }: Report, figure: 'Loss' | 'Accuracy', size: Size): Promise<string> {
  const values = history.flatMap((epoch, i) => [
    { epoch: i + 1, set: 'training', value: epoch[`train${figure}`] },
    { epoch: i + 1, set: 'validation', value: epoch[`validation${figure}`] },
  ]);
  const finite = values.map(({ value }) => value).filter(Number.isFinite);
  const [low, high] = finite.length > 0 ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  const room = 0.08 * (high - low) || 0.01;
  const domain = figure === 'Loss' ? [0, high + room] : [Math.max(0, low - room), Math.min(1, high + room)];
  const epochs = history.length;
  const step = Math.ceil(epochs / 12);
  const ticks = history.map((_, i) => i + 1).filter(epoch => epoch === 1 || epoch % step === 0);
  const legend = { domain: ['training', 'validation'], range: [blue, vermilion] };
  return plot(
    size,
    { left: 48, right: 8, top: 22, bottom: 30 },
    {
      data: { values },
      encoding: {
        x: {
          field: 'epoch',
          type: 'quantitative',
          scale: { domain: [epochs === 1 ? 0 : 1, Math.max(epochs, 2)], nice: false, padding: 10 },
          axis: { title: 'epoch', values: ticks, format: 'd', grid: false },
        },
        y: {
          field: 'value',
          type: 'quantitative',
          scale: { domain, zero: false, nice: false },
          axis: { title: null, tickCount: 5, ...(figure === 'Accuracy' && { format: shareFormat(high - low) }) },
        },
        color: { field: 'set', type: 'nominal', scale: legend, legend: { title: null } },
        shape: { field: 'set', type: 'nominal', scale: { domain: legend.domain, range: ['circle', 'square'] } },
      },
      layer: [
        { mark: { type: 'line', strokeWidth: 2 } },
        { mark: { type: 'point', filled: true, size: epochs > 24 ? 18 : 50, opacity: 1 } },
      ],
    },
  );
}

/** Axis labels for shares: whole percents, unless they span too few of them. */
function shareFormat(span: number): string {
  return span < 0.04 ? '.1%' : '.0%';
}

/** Counts of actual against predicted. Only the errors are shaded by number: the diagonal would drown them. */
export function confusionMatrix({ confusion, classNames }: Report, size: Size): Promise<string> {
  const errors = confusion.flatMap((row, i) => Array.from(row).filter((_, j) => j !== i));
  const most = Math.max(1, ...errors);
  const values = confusion.flatMap((row, i) =>
    Array.from(row, (n, j) => {
      const strength = i === j ? 0 : Math.sqrt(n / most);
      return {
        actual: classNames[i] ?? String(i),
        predicted: classNames[j] ?? String(j),
        label: n === 0 ? '·' : String(n),
        fill: i === j ? mix('#ffffff', blue, 0.16) : mix('#ffffff', vermilion, strength),
        ink: i === j ? blue : n === 0 ? '#b6bec7' : strength > 0.8 ? '#ffffff' : ink,
        weight: i === j ? 600 : 400,
      };
    }),
  );
  const axis = { domain: false, ticks: false, labelAngle: 0, labelFontSize: 13, labelPadding: 8, titlePadding: 8 };
  return plot(
    size,
    { left: 48, right: 0, top: 44, bottom: 0 },
    {
      data: { values },
      encoding: {
        x: {
          field: 'predicted',
          type: 'ordinal',
          sort: null,
          scale: { paddingInner: 0.04, paddingOuter: 0 },
          axis: { ...axis, orient: 'top', title: 'predicted' },
        },
        y: {
          field: 'actual',
          type: 'ordinal',
          sort: null,
          scale: { paddingInner: 0.04, paddingOuter: 0 },
          axis: { ...axis, title: 'actual' },
        },
      },
      layer: [
        {
          mark: { type: 'rect', cornerRadius: 3, stroke: '#edf0f3' },
          encoding: { fill: { field: 'fill', type: 'nominal', scale: null } },
        },
        {
          mark: { type: 'text', fontSize: 13, fontWeight: { expr: 'datum.weight' } },
          encoding: { text: { field: 'label' }, color: { field: 'ink', type: 'nominal', scale: null } },
        },
      ],
    },
  );
}

/** Precision and recall of every class on one scale, with F1 and support beside it as figures. */
export function classScores({ perClass }: Report, size: Size): Promise<string> {
  const classes = perClass.map(c => ({
    ...c,
    f1Label: percent(c.f1),
    supportLabel: count(c.support),
  }));
  const values = classes.flatMap(c => [
    { name: c.name, measure: 'precision', value: c.precision },
    { name: c.name, measure: 'recall', value: c.recall },
  ]);
  const shares = values.map(({ value }) => value).filter(Number.isFinite);
  const low = Math.min(0.99, ...shares);
  const domain = [Math.max(0, low - 0.1 * (1 - low)), 1];
  const measures = { domain: ['precision', 'recall'], range: [blue, vermilion] };
  const space = { left: 30, right: 140, top: 24, bottom: 24 };
  const edge = size.width - space.left;
  const y = { field: 'name', type: 'ordinal', sort: null } as const;
  const column = (field: string, x: number) =>
    ({
      data: { values: classes },
      mark: { type: 'text', align: 'right', fontSize: 12, x, color: ink },
      encoding: { y, text: { field, type: 'nominal' } },
    }) as const;
  const head = (label: string, x: number) =>
    ({
      data: { values: [{ label }] },
      mark: { type: 'text', align: 'right', fontSize: 12, x, y: -14, color: grey },
      encoding: { text: { field: 'label', type: 'nominal' } },
    }) as const;
  return plot(size, space, {
    layer: [
      {
        data: { values: perClass.map(({ name, precision, recall }) => ({ name, precision, recall })) },
        mark: { type: 'rule', strokeWidth: 3, color: faint },
        encoding: {
          y,
          x: { field: 'precision', type: 'quantitative' },
          x2: { field: 'recall' },
        },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, opacity: 1 },
        encoding: {
          y: { ...y, axis: { title: null, domain: false, ticks: false, grid: true, labelFontSize: 13 } },
          x: {
            field: 'value',
            type: 'quantitative',
            scale: { domain, zero: false, nice: false },
            axis: { title: null, tickCount: 5, format: shareFormat(1 - low) },
          },
          color: { field: 'measure', type: 'nominal', scale: measures, legend: { title: null } },
          shape: {
            field: 'measure',
            type: 'nominal',
            scale: { domain: measures.domain, range: ['circle', 'square'] },
          },
          size: { field: 'measure', type: 'ordinal', scale: { domain: measures.domain, range: [130, 45] } },
        },
      },
      column('f1Label', edge - 62),
      column('supportLabel', edge - 2),
      head('F1', edge - 62),
      head('support', edge - 2),
    ],
  });
}

/** A Vega-Lite plot as a nested SVG of exactly this size, with `space` between its edges and the axes' rectangle. */
async function plot(
  size: Size,
  space: { left: number; right: number; top: number; bottom: number },
  spec: TopLevelSpec,
): Promise<string> {
  const inner = { width: size.width - space.left - space.right, height: size.height - space.top - space.bottom };
  const config: Config = {
    font: fontFamily,
    aria: false,
    autosize: 'none',
    padding: space,
    view: {
      stroke: null,
      continuousWidth: inner.width,
      discreteWidth: inner.width,
      continuousHeight: inner.height,
      discreteHeight: inner.height,
    },
    axis: {
      labelColor: grey,
      labelFontSize: 12,
      titleColor: grey,
      titleFontSize: 12,
      titleFontWeight: 'normal',
      gridColor: '#e9edf1',
      domainColor: faint,
      tickColor: faint,
    },
    legend: {
      orient: 'none',
      direction: 'horizontal',
      legendX: 0,
      legendY: -24,
      labelFontSize: 12,
      labelColor: ink,
      symbolSize: 60,
    },
  };
  const view = new View(parse(compile(spec, { config }).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg.replace('<svg ', '<svg overflow="visible" '); // a label's last pixel may lie outside
}
