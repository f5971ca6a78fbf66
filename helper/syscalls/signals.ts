/** signal(7): the same on x86 and ARM. node:os has them too, but to load it takes a twentieth of all that entering takes. */
export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
} as const;

export type SignalName = keyof typeof SIGNALS;
