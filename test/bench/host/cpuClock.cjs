// What the calling thread has had of the processor so far: CLOCK_THREAD_CPUTIME_ID of clock_gettime(2). What Node offers itself
// counts in ticks of the kernel's, 4 ms each. And how long it has waited for a processor that others had.
const { readFileSync } = require('node:fs');
const koffi = require('koffi');

const CLOCK_THREAD_CPUTIME_ID = 3;
const clockGettime = koffi.load('libc.so.6').func('int clock_gettime(int clock, void *time)');
const time = new BigInt64Array(2);

exports.cpuMs = () => {
  clockGettime(CLOCK_THREAD_CPUTIME_ID, time);
  return Number(time[0]) * 1_000 + Number(time[1]) / 1_000_000;
};

/** The second number of proc_pid_schedstat(5), in nanoseconds. */
exports.waitedMs = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1_000_000;
