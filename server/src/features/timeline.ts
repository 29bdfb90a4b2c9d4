import { CustomChart } from 'echarts/charts';
import { AriaComponent, GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Preview, StepPreview } from './preview.ts';

use([CustomChart, GridComponent, AriaComponent, SVGRenderer]);

/** What a bar stands for: its colour and its pattern. */
type Look = 'everybody' | 'writers' | 'nobody' | 'soak';

interface Row {
  readonly label: string;
  readonly look: Look;
  /** ms; undefined where there is no bar. */
  readonly low: number | undefined;
  readonly likely: number | undefined;
  readonly high: number | undefined;
}

const rowHeight = 26;
const axisHeight = 40;
const width = 900;
const labelWidth = 270;
const shortest = 1;
/** ms: times that people know, about a power of ten apart. */
const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const marks = [1, 10, 100, second, 10 * second, minute, 10 * minute, hour, 6 * hour, day, 7 * day, 30 * day];

/**
 * A plan's steps from top to bottom as an SVG text: a bar from the shortest to the longest time that eight of ten
 * servers are expected to need, on a logarithmic axis, with a mark where half of them are. Colours are the CSS
 * variables `--everybody`, `--writers`, `--nobody`, `--soak`, `--text` and `--grid`; patterns are the elements
 * `pattern-everybody` and so on of the page. It holds no style of its own, so that it stands under a strict
 * content policy.
 */
export function timelineSvg({ phases }: Pick<Preview, 'phases'>): string {
  const rows = phases.flatMap(({ steps }) => steps.map(rowOf));
  const height = rows.length * rowHeight + axisHeight;
  const longest = Math.max(1000, ...rows.map(({ high }) => high ?? 0));
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      grid: { left: labelWidth, right: 24, top: 8, bottom: axisHeight - 8 },
      xAxis: {
        type: 'log',
        min: shortest,
        max: longest * 1.2,
        axisLabel: { color: 'var(--text)', customValues: marks, formatter: tick, hideOverlap: true },
        axisTick: { customValues: marks },
        axisLine: { lineStyle: { color: 'var(--grid)' } },
        splitLine: { lineStyle: { color: 'var(--grid)' } },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map(({ label }) => label),
        axisLabel: {
          color: 'var(--text)',
          interval: 0,
          width: labelWidth - 16,
          overflow: 'truncate',
        },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: 'var(--grid)' } },
      },
      series: [
        {
          type: 'custom',
          data: rows.map(({ low, high }, at) => [low ?? shortest, high ?? shortest, at]),
          encode: { x: [0, 1], y: 2 },
          renderItem: ((_: unknown, api: Api) => barOf(rows[api.value(2)], api)) as never,
        },
      ],
    });
    return withoutStyle(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

function rowOf({ step, action, soak, time, worst }: StepPreview): Row {
  if (action === 'wait') return { label: step, look: 'soak', low: shortest, likely: undefined, high: soak };
  const { low, likely, high } = time ?? {};
  return { label: step, look: worst?.keeps_out ?? 'nobody', low, likely, high };
}

/** What the library lets a bar be drawn with. */
interface Api {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
}

function barOf(row: Row | undefined, api: Api) {
  if (!row || row.low === undefined || row.high === undefined) return undefined;
  const at = api.value(2);
  const x = (ms: number) => api.coord([Math.max(ms, shortest), at])[0];
  const y = api.coord([shortest, at])[1];
  const [from, to] = [x(row.low), x(row.high)];
  const shape = { x: from, y: y - 8, width: Math.max(to - from, 3), height: 16 };
  const bar = { type: 'rect', shape, style: { fill: `var(--${row.look})` } };
  const pattern = { type: 'rect', shape, style: { fill: `url(#pattern-${row.look})` } };
  const mark =
    row.likely === undefined
      ? []
      : [
          {
            type: 'rect',
            shape: { x: x(row.likely) - 1, y: y - 11, width: 2, height: 22 },
            style: { fill: 'var(--text)' },
          },
        ];
  return { type: 'group', children: [bar, pattern, ...mark] };
}

const units = [
  [day, 'd'],
  [hour, 'h'],
  [minute, 'min'],
  [second, 's'],
] as const;

function tick(ms: number): string {
  const [size, unit] = units.find(([least]) => ms >= least) ?? [1, 'ms'];
  return `${Math.round(ms / size)} ${unit}`;
}

/** The library's inline styles would be refused by a strict content policy; the page's own style does without. */
function withoutStyle(svg: string): string {
  return svg
    .replace(/<style\b[\s\S]*?<\/style>/g, '')
    .replace(/ (?:style|class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(
      /<svg width="\d+" height="\d+"/,
      '<svg role="img" aria-labelledby="timeline-title" class="timeline"',
    );
}
