// Types of figures.mjs, for what is written in TypeScript.
export function median(values: readonly number[]): number;
export function memoryRows(name: string, pid: number): { name: string; value: number; unit: string }[];
