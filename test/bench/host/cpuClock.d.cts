// Types of cpuClock.cjs: milliseconds.
export function cpuMs(): number;
export function cpuMsOf(pid: number): number;
export function waitedMs(): number;
