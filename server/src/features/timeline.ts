import { CustomChart } from 'echarts/charts';
import { AriaComponent, GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { formatDuration } from '../timing/format.ts';
import type { TimeRange } from '../timing/model.ts';
import type { Preview } from './preview.ts';
import { stepTimeWords, sumWords } from './preview-words.ts';
import type { Timeline } from './timing.ts';

use([CustomChart, GridComponent, AriaComponent, SVGRenderer]);

/** What a bar stands for: its colour and its pattern. */
type Look = 'everybody' | 'writers' | 'nobody' | 'soak';

interface Row {
  readonly label: string;
  /** What stands behind the bar, or in its place. */
  readonly words: string;
  /** Which of all steps it is; undefined for the heading of a phase. */
  readonly step: number | undefined;
  readonly look: Look;
  /** ms; undefined where there is no bar to scale. */
  readonly time: TimeRange | undefined;
}

interface Layout {
  readonly width: number;
  readonly rowHeight: number;
  /** Where the axis begins. */
  readonly left: number;
  /** For the words behind the longest bar. */
  readonly right: number;
  /** Where a step's name begins, and its room. */
  readonly indent: number;
  readonly labelWidth: number;
  /** Offsets from a row's middle: of the step's name, and of its bar. */
  readonly labelAt: number;
  readonly barAt: number;
}

const wide: Layout = {
  width: 900,
  rowHeight: 26,
  left: 280,
  right: 100,
  indent: 12,
  labelWidth: 260,
  labelAt: 0,
  barAt: 0,
};
const narrow: Layout = {
  width: 360,
  rowHeight: 40,
  left: 20,
  right: 84,
  indent: 0,
  labelWidth: 356,
  labelAt: -10,
  barAt: 8,
};
const axisHeight = 32;
/** ms at which the axis begins: what is shorter is instant for whoever waits. */
const shortest = 10;
const barHeight = 14;
/** A soak is not drawn to scale: a day of it would leave no room for the steps. */
const soakWidth = 56;
/** ms: times that people know, about a power of ten apart. */
const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const marks = [10, 100, second, 10 * second, minute, 10 * minute, hour, 6 * hour, day, 7 * day, 30 * day];

/**
 * A plan's steps from top to bottom, under their phases: a bar from the shortest to the longest time that eight of ten
 * servers are expected to need, on a logarithmic axis, with a mark where half of them are. Colours are the CSS
 * variables `--everybody`, `--writers`, `--nobody`, `--soak`, `--text`, `--faint` and `--grid`; patterns are the
 * elements `pattern-everybody` and so on of the page. What belongs to a step has its number as `data-step`. It holds no
 * style of its own, so that it stands under a strict content policy.
 */
export function drawTimeline({ phases }: Pick<Preview, 'phases'>): Timeline {
  const rows = rowsOf(phases);
  return { wide: draw(rows, wide), narrow: draw(rows, narrow) };
}

function rowsOf(phases: Preview['phases']): Row[] {
  let step = 0;
  return phases.flatMap((phase) => [
    { label: phase.phase, words: sumWords(phase), step: undefined, look: 'nobody' as const, time: undefined },
    ...phase.steps.map((one) => ({
      label: one.step,
      words: stepTimeWords(one),
      step: step++,
      look: one.action === 'wait' ? ('soak' as const) : (one.worst?.keeps_out ?? 'nobody'),
      time: one.action === 'wait' ? undefined : one.time,
    })),
  ]);
}

function draw(rows: readonly Row[], layout: Layout): string {
  const { width, rowHeight, left, right } = layout;
  const height = rows.length * rowHeight + axisHeight;
  const longest = Math.max(second, ...rows.map(({ time }) => time?.high ?? 0));
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      grid: { left, right, top: 0, bottom: axisHeight, outerBoundsMode: 'none' },
      xAxis: {
        type: 'log',
        min: shortest,
        max: longest,
        axisLabel: {
          color: 'var(--faint)',
          customValues: marks,
          formatter: formatDuration,
          hideOverlap: true,
        },
        axisTick: { customValues: marks, lineStyle: { color: 'var(--grid)' } },
        axisLine: { lineStyle: { color: 'var(--grid)' } },
        splitLine: { lineStyle: { color: 'var(--grid)' } },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: rows.map(({ label }) => label),
        axisLabel: { show: false },
        axisTick: { show: false },
        axisLine: { show: false },
      },
      series: [
        {
          type: 'custom',
          data: rows.map(({ time }, at) => [time?.low ?? shortest, time?.high ?? shortest, at]),
          encode: { x: [0, 1], y: 2 },
          renderItem: ((_: unknown, api: Api) => rowElements(rows[api.value(2)], layout, api)) as never,
        },
      ],
    });
    const steps = rows.map(({ step }) => step);
    return forPage(chart.renderToSVGString(), steps);
  } finally {
    chart.dispose();
  }
}

/** What the library lets a bar be drawn with. */
interface Api {
  value(dimension: number): number;
  coord(point: readonly [number, number]): [number, number];
}

function rowElements(row: Row | undefined, layout: Layout, api: Api) {
  if (!row) return undefined;
  const x = (ms: number) => api.coord([Math.max(ms, shortest), api.value(2)])[0];
  const [, y] = api.coord([shortest, api.value(2)]);
  const isPhase = row.step === undefined;
  const label = text(row.label, isPhase ? 0 : layout.indent, y + layout.labelAt, {
    fill: 'var(--text)',
    // Widths are told from thin letters.
    width: layout.labelWidth * (isPhase ? 0.85 : 0.95),
    overflow: 'truncate',
    ...(isPhase && { fontWeight: 'bold' }),
  });
  const { bar, end } = barOf(row, layout.left, y + layout.barAt, x);
  const words = text(row.words, end + 7, y + layout.barAt, { fill: 'var(--faint)' });
  const { width, rowHeight: height } = layout;
  // Takes the clicks, wherever in the row.
  const whole = rect({ x: 0, y: y - height / 2, width, height }, 'transparent');
  return { type: 'group', children: [...(isPhase ? [] : [whole]), label, ...bar, words] };
}

function text(content: string, x: number, y: number, style: Readonly<Record<string, unknown>>) {
  return { type: 'text', x, y, style: { text: content, verticalAlign: 'middle', ...style } };
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function rect(shape: Rectangle, fill: string) {
  return { type: 'rect', shape, style: { fill } };
}

/** The row's bar with its mark, and where it ends. */
function barOf({ look, time }: Row, left: number, y: number, x: (ms: number) => number) {
  if (look !== 'soak' && !time) return { bar: [], end: left };
  const from = time ? x(time.low) : left;
  const width = time ? Math.max(x(time.high) - from, 4) : soakWidth;
  const shape = { x: from, y: y - barHeight / 2, width, height: barHeight };
  const layers = [rect(shape, `var(--${look})`), rect(shape, `url(#pattern-${look})`)];
  const mark =
    time &&
    time.likely > shortest &&
    rect({ x: x(time.likely) - 1, y: y - barHeight / 2 - 3, width: 2, height: barHeight + 6 }, 'var(--text)');
  return { bar: [...layers, ...(mark ? [mark] : [])], end: from + width };
}

/** The library's inline styles would be refused by a strict content policy; the page's own style does without. */
function forPage(svg: string, steps: readonly (number | undefined)[]): string {
  const stepAt = (row: string) =>
    steps[Number(row)] === undefined ? '' : ` data-step="${steps[Number(row)]}"`;
  return svg
    .replace(/<style\b[\s\S]*?<\/style>/g, '')
    .replace(/ style="[^"]*font-weight:bold[^"]*"/g, ' font-weight="600"')
    .replace(/ ecmeta_data_index="(\d+)"/g, (_, row) => stepAt(row))
    .replace(/ (?:style|class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(
      /<svg width="\d+" height="\d+"/,
      '<svg role="img" aria-labelledby="timeline-title" class="timeline"',
    );
}
