/** Asks the client to pull all diagnostics again. */
export interface Refresh {
  now(): void;
  /** After a short pause, so that typing in a schema asks once and not at every key. */
  soon(): void;
  dispose(): void;
}

/** @param pause ms that `soon` waits for more. */
export function createRefresh(send: () => void, pause = 150): Refresh {
  let timer: NodeJS.Timeout | undefined;
  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    now() {
      cancel();
      send();
    },
    soon() {
      cancel();
      timer = setTimeout(send, pause);
    },
    dispose: cancel,
  };
}
