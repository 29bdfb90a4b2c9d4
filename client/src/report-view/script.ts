/** The report's script, as it runs in the view: it sends what was clicked, and opens and closes details. */
export const script = `
(() => {
  const editor = acquireVsCodeApi();
  const details = [...document.querySelectorAll('details')];
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (!button) return;
    const { step, command } = button.dataset;
    if (step !== undefined) editor.postMessage({ kind: 'step', index: Number(step) });
    else if (command === 'expand') {
      const open = button.getAttribute('aria-pressed') !== 'true';
      for (const element of details) element.open = open;
      button.setAttribute('aria-pressed', String(open));
      button.textContent = open ? 'Hide all statements' : 'Show all statements';
    } else if (command) editor.postMessage({ kind: command });
  });
})();
`;
