/**
 * The pages' style: the editor's own colours, each with one for a saved page that no editor shows, light or dark as the
 * reader's system is, and light on paper. In high contrast themes, which define no colours for buttons, borders carry
 * what colours do elsewhere.
 */
export const style = `
:root {
  color-scheme: light dark;
  --own-text: #1f1f1f; --own-faint: #616161; --own-page: #ffffff; --own-line: #d8d8d8; --own-code: #f3f3f3;
  --own-link: #0b62c4; --own-ok: #2e7d32; --own-bad: #c62828; --own-caution: #9a6700; --own-soak: #c8c8c8;
  --own-button: #e4e4e4; --own-hover: #0000000a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --own-text: #d4d4d4; --own-faint: #a0a0a0; --own-page: #1f1f1f; --own-line: #3c3c3c; --own-code: #2a2a2a;
    --own-link: #6cb6ff; --own-ok: #73c991; --own-bad: #f48771; --own-caution: #d9a53f; --own-soak: #5a5a5a;
    --own-button: #3a3a3a; --own-hover: #ffffff0f;
  }
}
:root {
  --text: var(--vscode-foreground, var(--own-text));
  --faint: var(--vscode-descriptionForeground, var(--own-faint));
  --page: var(--vscode-editor-background, var(--own-page));
  --ok: var(--vscode-charts-green, var(--own-ok));
  --bad: var(--vscode-editorError-foreground, var(--own-bad));
  --caution: var(--vscode-editorWarning-foreground, var(--own-caution));
  --line: var(--vscode-contrastBorder, var(--vscode-panel-border, var(--own-line)));
  --grid: var(--vscode-editorIndentGuide-background1, var(--own-line));
  --code: var(--vscode-textCodeBlock-background, var(--own-code));
  --link: var(--vscode-textLink-foreground, var(--own-link));
  --everybody: var(--bad);
  --writers: var(--caution);
  --nobody: var(--ok);
  --soak: var(--vscode-scrollbarSlider-background, var(--own-soak));
  --stripe: var(--page);
}
body {
  font-family: var(--vscode-font-family, system-ui, sans-serif);
  font-size: var(--vscode-font-size, 13px);
  line-height: 1.5;
  color: var(--text);
  background: var(--page);
  margin: 0;
  padding: 0 24px 32px;
}
main { max-width: 960px; margin: 0 auto; }
h1 { font-size: 1.6em; font-weight: 600; margin: 24px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.15em; font-weight: 600; margin: 28px 0 8px; }
h3 { font-size: 1em; font-weight: 600; margin: 0; flex: 1 1 16em; min-width: 0; overflow-wrap: anywhere; }
p { margin: 4px 0; }
.icon { vertical-align: -3px; margin-right: 6px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.verdict { font-size: 1.1em; }
.verdict .icon, .verdict strong { color: var(--faint); }
.passed > .icon, .verdict.passed strong, .step.passed .head .status, .statement.passed .status { color: var(--ok); }
.verdict.failed .icon, .verdict.failed strong, .verdict.refused .icon, .verdict.refused strong,
.step.failed .head .status, .statement.failed .status { color: var(--bad); }
.verdict.passed .icon { color: var(--ok); }
.status { white-space: nowrap; color: var(--faint); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 12px 0; }
.facts dt, .did dt { color: var(--faint); }
.facts dd, .did dd { margin: 0; overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 16px 0 0; }
.actions button {
  font: inherit; padding: 4px 12px; border-radius: 2px; cursor: pointer;
  color: var(--vscode-button-secondaryForeground, var(--text));
  background: var(--vscode-button-secondaryBackground, var(--vscode-editor-background, var(--own-button)));
  border: 1px solid var(--vscode-button-border, var(--vscode-contrastBorder, transparent));
}
.actions button:hover { background: var(--vscode-button-secondaryHoverBackground, var(--vscode-editor-background, var(--own-line))); }
button:focus-visible, summary:focus-visible, a:focus-visible { outline: 1px solid var(--vscode-focusBorder, var(--own-link)); outline-offset: 2px; }
.notes { border-left: 3px solid var(--caution); padding-left: 12px; margin-top: 20px; }
.notes h2, .notes h3 { margin: 0 0 4px; font-size: 1em; }
.notes ul { margin: 0; padding-left: 18px; }
.phase ol { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
.step { padding: 10px 0; border-bottom: 1px solid var(--line); }
.head { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: flex-start; }
.head .status { flex: 0 0 7em; }
.link { font: inherit; text-align: left; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
.verdict .link { text-decoration: underline; }
.link:hover { color: var(--link); text-decoration: underline; }
.action, .time { color: var(--faint); white-space: nowrap; }
.time { flex: 0 0 5em; text-align: right; font-variant-numeric: tabular-nums; }
.summary, .did, .step > .error, .step > .left, details { margin-left: calc(7em + 12px); }
.did { margin-top: 4px; margin-bottom: 0; }
.did > div { display: flex; flex-wrap: wrap; gap: 0 10px; }
.did dt { flex: 0 0 8em; }
.did dd { flex: 1 1 16em; }
.lock, .warn { border-left: 4px solid var(--line); padding-left: 6px; }
.lock { font-weight: 600; }
.lock.high { border-color: var(--bad); }
.lock.medium, .warn { border-color: var(--caution); }
.proof { border-left: 4px solid var(--ok); padding-left: 6px; }
.proof.bad { border-color: var(--bad); font-weight: 600; }
.proof.caution { border-color: var(--caution); }
.left { margin-top: 8px; border-left: 3px solid var(--caution); padding: 2px 0 2px 12px; }
.left ul, .unwind ul { margin: 0; padding-left: 18px; }
.unwind li { margin: 2px 0; }
.error { border-left: 3px solid var(--bad); padding: 2px 0 2px 12px; margin-top: 8px; overflow-wrap: anywhere; }
.error p { margin: 2px 0; white-space: pre-wrap; }
.code { color: var(--faint); }
details { margin-top: 6px; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
.statement { margin: 8px 0 14px; }
pre {
  margin: 0; padding: 8px 10px; overflow-x: auto; tab-size: 2;
  background: var(--code); border: 1px solid var(--vscode-contrastBorder, transparent);
}
pre code { color: inherit; background: none; padding: 0; }
code { font-family: var(--vscode-editor-font-family, ui-monospace, monospace); font-size: var(--vscode-editor-font-size, 12px); }
a { color: var(--link); }
table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; color: var(--faint); padding: 1px 16px 1px 0; vertical-align: top; white-space: nowrap; }
td { padding: 1px 0; overflow-wrap: anywhere; }
figure.timing { margin: 20px 0 8px; }
.patterns { position: absolute; }
figcaption { color: var(--faint); margin-top: 6px; }
figcaption p { margin: 2px 0; }
.key { white-space: nowrap; margin-right: 16px; }
.key svg { margin-right: 6px; vertical-align: -1px; }
.timeline { display: block; width: 100%; height: auto; }
.timeline text { font-family: var(--vscode-font-family, system-ui, sans-serif); font-size: 12px; pointer-events: none; }
.interactive .timeline [data-step] { pointer-events: all; cursor: pointer; }
.timeline [data-step][fill=none]:hover { fill: var(--vscode-list-hoverBackground, var(--own-hover)); }
figure .narrow { display: none; }
section.timing h3 { margin: 20px 0 4px; }
.sum, .likely { font-weight: normal; color: var(--faint); }
.sum { margin-left: 8px; }
.likely, .range { white-space: nowrap; }
.steps { width: 100%; table-layout: fixed; }
.steps th, .steps td { text-align: left; vertical-align: top; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); white-space: normal; overflow-wrap: anywhere; }
.steps tbody th { color: inherit; }
.steps th:first-child { width: 27%; }
.steps th.short { width: 4.5em; }
.steps td:last-child, .steps th:last-child { padding-right: 0; }
.steps .lock { display: inline-block; line-height: 1.3; }
.steps .warn { display: block; margin-top: 3px; }
.runbook h2 { margin-top: 36px; padding-top: 8px; border-top: 1px solid var(--line); }
.runbook h3 { margin: 28px 0 6px; font-size: 1.08em; }
.runbook h4 { margin: 16px 0 4px; font-weight: 600; color: var(--faint); }
.runbook pre { margin: 6px 0 10px; }
.runbook ul { margin: 6px 0; padding-left: 20px; }
.runbook li > input { margin: 0 6px 0 -20px; vertical-align: -2px; }
.runbook li:has(> input), .runbook li:has(> p > input) { list-style: none; }
.runbook li > p > input { margin: 0 6px 0 -20px; vertical-align: -2px; }
.runbook table { width: 100%; margin: 8px 0; }
.runbook th, .runbook td { text-align: left; vertical-align: top; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); white-space: normal; }
.runbook td:first-child { white-space: nowrap; }
@media (max-width: 560px) {
  body { padding: 0 12px 24px; }
  .summary, .did, .step > .error, .step > .left, details { margin-left: 0; }
  figure .wide { display: none; }
  figure .narrow { display: block; }
  .steps, .steps tbody, .steps tr, .steps th, .steps td { display: block; width: auto; border: 0; padding: 0; }
  .steps thead { position: absolute; clip-path: inset(50%); }
  .steps tr { padding: 6px 0; border-bottom: 1px solid var(--line); }
  .steps th:first-child { width: auto; }
  .steps tbody td { position: relative; padding-left: calc(6.5em + 12px); }
  .steps td::before { content: attr(data-title); position: absolute; left: 12px; color: var(--faint); }
  .steps td.none { display: none; }
}
@media print {
  :root {
    --text: #000; --faint: #444; --page: #fff; --line: #bbb; --grid: #ddd; --code: #f6f6f6; --link: #000;
    --ok: #2e7d32; --bad: #c62828; --caution: #9a6700; --soak: #c8c8c8;
  }
  body { padding: 0; }
  main { max-width: none; }
  .actions { display: none; }
  .step, .statement, .steps tr, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  pre { white-space: pre-wrap; border: 1px solid #ccc; }
}
`;
