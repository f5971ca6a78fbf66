// Capability sets of /proc/PID/status by their names (capabilities(7), <linux/capability.h>). Pure.

/** In the order of the bits. */
const NAMES = [
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service',
  'net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin',
  'sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override',
  'mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore',
].flatMap((line) => line.split(' '));

/** `hex` as in `CapEff:`; a bit that is newer than this list by its number. */
export function capabilityNames(hex: string): string[] {
  const set = BigInt(/^[0-9a-f]{1,16}$/.test(hex) ? `0x${hex}` : 0);
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (set >> BigInt(bit)) & 1n);
  return bits.map((bit) => NAMES[bit] ?? `cap_${bit}`);
}

/** Those of this list that are not in a set. */
export function missingCapabilities(names: readonly string[]): string[] {
  return NAMES.filter((name) => !names.includes(name));
}
