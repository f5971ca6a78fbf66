// What makes V8 fit for a scan that looks all day. What can only be said when Node starts is SCAN_OPTIONS and WATCH_OPTIONS of protocol.ts.
import { setFlagsFromString } from 'node:v8';

export function prepareToLast(): void {
  // Each look makes garbage, and V8 would rather take 200 MB than collect it early: its two parts of the heap grow by no more
  // than is left over, and by half of what is used.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
  // For who looks all day machine code pays.
  setFlagsFromString('--sparkplug');
}
