// Types of figures.mjs, for what is written in TypeScript.
export function median(values: readonly number[]): number;
export function memoryOf(pid: number): { resident: number; own: number };
