import type { LoadReport, RunLoad } from './load/model.ts';

/** ms from which it is told that nothing came back: less is how requests come in anyway. */
const longStall = 100;
/** ms from which it is told that this process itself was held up. */
const longHeldUp = 50;

/** What requests felt while a step was done, in one line. */
export function loadWords(load: LoadReport, { late_after }: Pick<RunLoad, 'late_after'>): string {
  const { p50, p99, worst, longest_stall, late, queued, failed } = load;
  if (p50 === undefined || p99 === undefined || worst === undefined) return 'no request came back';
  const more = [
    ...(longest_stall >= longStall ? [`none came back for ${inMs(longest_stall)}`] : []),
    ...(late > 0 ? [`${whole(late)} over ${inMs(late_after)}`] : []),
    ...(queued > 0 ? [`${whole(queued)} found no free connection`] : []),
    ...(failed > 0 ? [`${whole(failed)} failed`] : []),
  ];
  return `${counted(load.requests)}: p50 ${inMs(p50)}, p99 ${inMs(p99)}, worst ${inMs(worst)}${more.map((words) => `; ${words}`).join('')}`;
}

/** What the whole run says of waiting, in a few sentences. */
export function runLoadWords({ asked, rate, pool, max_wait, kept, before, total }: RunLoad): string[] {
  const { worst, late, failed, held_up } = total;
  const offered = `${counted(total.requests)} at ${perSecond(rate)} on ${whole(pool)} connections`;
  const less = rate < asked ? ` (${perSecond(asked)} were asked for)` : '';
  if (worst === undefined) return [`Under load: ${offered}${less}; none came back.`];
  const verdict =
    max_wait !== undefined && kept === undefined && worst > max_wait
      ? `Whether none takes more than ${inMs(max_wait)} is not known: one took ${inMs(worst)}, but the dry run's own process did not get to run for up to ${inMs(held_up)}. Run it again on a machine that does less else.`
      : kept === false
        ? `A request took ${inMs(worst)}, and ${inMs(max_wait ?? 0)} were allowed: ${whole(late)} took longer than that.`
        : `No request took more than ${inMs(worst)}${kept ? `, and ${inMs(max_wait ?? 0)} were allowed` : ''}.`;
  const calm = before.worst === undefined ? '' : ` Before step one the worst took ${inMs(before.worst)}.`;
  return [
    `Under load: ${offered}${less}. ${verdict}${calm}`,
    ...(failed > 0 ? [`${whole(failed)} of them failed.`] : []),
    ...((kept !== undefined || max_wait === undefined) && held_up >= longHeldUp && held_up > worst / 4
      ? [
          `The dry run's own process did not get to run for up to ${inMs(held_up)}: waits of up to that length may be its own doing.`,
        ]
      : []),
  ];
}

/** A time as a person reads it. */
export function inMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 10_000 ? `${whole(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function perSecond(rate: number): string {
  return `${Number(rate.toPrecision(3)).toLocaleString('en')} a second`;
}

function counted(requests: number): string {
  return `${whole(requests)} ${requests === 1 ? 'request' : 'requests'}`;
}

function whole(n: number): string {
  return Math.round(n).toLocaleString('en');
}
