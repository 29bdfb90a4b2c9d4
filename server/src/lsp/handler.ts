import {
  type CancellationToken,
  LSPErrorCodes,
  type RemoteConsole,
  ResponseError,
} from 'vscode-languageserver';

/**
 * Wraps the handler of one request: lets messages that already wait (an edit, a cancellation) go first, answers
 * a cancelled request as the protocol wants it, and turns any failure of ours into a line in the client's log
 * and an empty answer, so that one bad request never takes the server down.
 */
export function createHandler(console: RemoteConsole) {
  return function handler<P, R>(
    name: string,
    empty: R,
    handle: (params: P, token: CancellationToken) => R | Promise<R>,
  ): (params: P, token: CancellationToken) => Promise<R> {
    return async (params, token) => {
      try {
        await new Promise(setImmediate);
        throwIfCancelled(token);
        return await handle(params, token);
      } catch (error) {
        if (error instanceof ResponseError) throw error;
        console.error(
          `${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        return empty;
      }
    };
  };
}

/** @throws ResponseError of code RequestCancelled. */
function throwIfCancelled(token: CancellationToken): void {
  if (token.isCancellationRequested)
    throw new ResponseError(LSPErrorCodes.RequestCancelled, 'The request was cancelled.');
}
