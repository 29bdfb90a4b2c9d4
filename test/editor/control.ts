import type { ControlActions } from '../host/control.ts';

/** Asks the browser host, which owns the page, to do something there. Rejects with its reason. */
export async function control<A extends keyof ControlActions>(
  action: A,
  body: ControlActions[A],
): Promise<unknown> {
  const url = process.env.SWITCHBACK_CONTROL;
  if (url === undefined) throw new Error('this window has no browser host');
  const response = await fetch(`${url}/${action}`, { method: 'POST', body: JSON.stringify(body) });
  const answer = (await response.json()) as unknown;
  if (!response.ok) throw new Error((answer as { error: string }).error);
  return answer;
}

/** Whether the suite can see and use the window as a person would; not so in the desktop program. */
export function canControl(): boolean {
  return process.env.SWITCHBACK_CONTROL !== undefined;
}
