// What a thread or a process has had of the processor so far, by clock_gettime(2). What Node offers itself, and /proc/PID/stat,
// count in ticks of the kernel's, 4 or 10 ms each. And how long the calling thread has waited for a processor that others had.
const { readFileSync } = require('node:fs');
const koffi = require('koffi');

const CLOCK_THREAD_CPUTIME_ID = 3;
const clockGettime = koffi.load('libc.so.6').func('int clock_gettime(int clock, void *time)');
/** A struct timespec: seconds and nanoseconds of 64 bits each, little-endian, of which none here needs more than the lower half. */
const time = new Uint32Array(4);

function readClock(clock) {
  if (clockGettime(clock, time) !== 0) throw new Error(`no clock ${clock}`);
  return time[0] * 1_000 + time[2] / 1_000_000;
}

/** Of the calling thread. */
exports.cpuMs = () => readClock(CLOCK_THREAD_CPUTIME_ID);

/** Of all threads of a process, those that have ended too: the clock of clock_getcpuclockid(3), CPUCLOCK_SCHED of its process. */
exports.cpuMsOf = (pid) => readClock((~pid << 3) | 2);

/** The second number of proc_pid_schedstat(5), in nanoseconds. */
exports.waitedMs = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1_000_000;
