/**
 * The report's style: the editor's own colours, each with a colour for a saved page that no editor shows. In
 * high contrast themes, which define no colours for buttons, borders carry what colours do elsewhere.
 */
export const style = `
:root {
  color-scheme: light dark;
  --ok: var(--vscode-charts-green, #2e7d32);
  --bad: var(--vscode-editorError-foreground, #c62828);
  --caution: var(--vscode-editorWarning-foreground, #9a6700);
  --faint: var(--vscode-descriptionForeground, #6a6a6a);
  --line: var(--vscode-contrastBorder, var(--vscode-panel-border, #d0d0d0));
  --code: var(--vscode-textCodeBlock-background, #f3f3f3);
  --link: var(--vscode-textLink-foreground, #0b62c4);
}
body {
  font-family: var(--vscode-font-family, system-ui, sans-serif);
  font-size: var(--vscode-font-size, 13px);
  line-height: 1.5;
  color: var(--vscode-foreground, #1f1f1f);
  background: var(--vscode-editor-background, #ffffff);
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
  color: var(--vscode-button-secondaryForeground, #1f1f1f);
  background: var(--vscode-button-secondaryBackground, var(--vscode-editor-background, #e4e4e4));
  border: 1px solid var(--vscode-button-border, var(--vscode-contrastBorder, transparent));
}
.actions button:hover { background: var(--vscode-button-secondaryHoverBackground, var(--vscode-editor-background, #d6d6d6)); }
button:focus-visible, summary:focus-visible { outline: 1px solid var(--vscode-focusBorder, #0b62c4); outline-offset: 2px; }
.notes { border-left: 3px solid var(--caution); padding-left: 12px; margin-top: 20px; }
.notes h2 { margin: 0 0 4px; font-size: 1em; }
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
table { border-collapse: collapse; }
th { text-align: left; font-weight: normal; color: var(--faint); padding: 1px 16px 1px 0; vertical-align: top; white-space: nowrap; }
td { padding: 1px 0; overflow-wrap: anywhere; }
@media (max-width: 560px) {
  body { padding: 0 12px 24px; }
  .summary, .did, .step > .error, .step > .left, details { margin-left: 0; }
}
@media print {
  body { color: #000; background: #fff; padding: 0; }
  .actions { display: none; }
  .step, .statement { break-inside: avoid; }
  pre { white-space: pre-wrap; border: 1px solid #ccc; }
}
`;
