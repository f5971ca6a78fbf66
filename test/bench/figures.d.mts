// Types of figures.mjs.
export function median(values: readonly number[]): number;
export function memoryRows(name: string, pid: number): { name: string; value: number; unit: string }[];
