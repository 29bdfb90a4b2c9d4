/** What stands for the reason of an `allow` that a fix wrote, until somebody says it. */
export const reasonPlaceholder = '<why it is all right here>';

/** Whether the text gives a reason: neither blank nor a placeholder in angle brackets. */
export function isReason(text: string): boolean {
  return !/^\s*(?:<[^<>]*>\s*)?$/.test(text);
}
