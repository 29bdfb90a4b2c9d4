/** Columns that a line of the code has at the most, where it can be broken. */
export const lineWidth = 100;
