/**
 * The report's script, as it runs in the view: it sends what was clicked, opens and closes details, and keeps what
 * the view needs to be the same after its tab was hidden or the window reloaded.
 */
export const script = `
(() => {
  const editor = acquireVsCodeApi();
  const { plan, run } = document.querySelector('main').dataset;
  const details = [...document.querySelectorAll('details')];
  const expand = document.querySelector('[data-command=expand]');
  const before = editor.getState();
  if (before?.run === run) details.forEach((element, index) => { element.open = before.open.includes(index); });
  const update = () => {
    const open = details.flatMap((element, index) => (element.open ? [index] : []));
    const all = details.length > 0 && open.length === details.length;
    if (expand) expand.textContent = all ? 'Hide all statements' : 'Show all statements';
    editor.setState({ plan, run, open });
  };
  update();
  for (const element of details) element.addEventListener('toggle', update);
  document.addEventListener('click', ({ target }) => {
    const clicked = target instanceof Element ? target.closest('button, [data-step]') : null;
    if (!clicked) return;
    const { step, command } = clicked.dataset;
    if (step !== undefined) editor.postMessage({ kind: 'step', index: Number(step) });
    else if (command === 'expand') {
      const open = details.some((element) => !element.open);
      for (const element of details) element.open = open;
    } else if (command) editor.postMessage({ kind: command });
  });
})();
`;
