import type { Preview } from './preview.ts';

/** What a plan will cost production, and its drawing. */
export interface Timing {
  readonly preview: Preview;
  readonly timeline: Timeline;
}

/** A drawing of a plan's steps, as texts of SVG elements: one for pages that are wide, one for those that are not. */
export interface Timeline {
  readonly wide: string;
  readonly narrow: string;
}

/** A preview with its timeline drawn. The library that draws is loaded when it is first asked for. */
export async function withTimeline(preview: Preview): Promise<Timing> {
  const { drawTimeline } = await import('./timeline.ts');
  return { preview, timeline: drawTimeline(preview) };
}
