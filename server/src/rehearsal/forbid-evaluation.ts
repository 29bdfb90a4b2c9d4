/**
 * A superuser can write a file and LOAD it, and the loader of WebAssembly libraries evaluates script that it
 * finds inside. Plans are untrusted: once this is called, nothing in the worker evaluates text.
 */
export function forbidEvaluation(): void {
  // No arrow function: `new Function()` must be refused in the same words.
  const refuse = function refuse(): never {
    throw new Error('The embedded Postgres does not evaluate code.');
  };
  Object.defineProperty(globalThis, 'eval', { value: refuse });
  Object.defineProperty(globalThis, 'Function', { value: refuse });
  for (const sample of [() => {}, async () => {}, function* () {}, async function* () {}])
    Object.defineProperty(Object.getPrototypeOf(sample), 'constructor', {
      value: refuse,
    });
}
