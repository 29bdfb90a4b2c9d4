import { setTimeout as delay } from 'node:timers/promises';

/** ms in which a server that is there answers a question that costs it nothing. */
export const usualSilence = 10_000;

interface Pulse {
  /** Asks the server something; false where it is not there any more. Never rejects. */
  readonly ask: () => Promise<boolean>;
  /** Ends what waits for the server. */
  readonly giveUp: () => void;
  /** ms from one question to the next, and for the answer. */
  readonly silence: number;
}

/**
 * Asks now and then whether the server still answers: a network that swallows everything ends no connection, and
 * what waits for an answer would wait for ever. Returns what stops the asking.
 */
export function watchPulse({ ask, giveUp, silence }: Pulse): () => void {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    timer = setTimeout(() => void beat(), silence);
    timer.unref();
  };
  const beat = async () => {
    const answer = ask();
    const late = (ms: number) => delay(ms, 'late' as const, { ref: false });
    let answered = await Promise.race([answer, late(silence)]);
    // This process may have been busy itself, with the answer waiting to be read.
    if (answered === 'late') answered = await Promise.race([answer, late(Math.min(1000, silence))]);
    if (ended) return;
    if (answered === true) next();
    else giveUp();
  };
  next();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
