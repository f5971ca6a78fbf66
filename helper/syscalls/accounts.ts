// The user database, as the C library reads it: files, LDAP or whatever nsswitch.conf(5) names.
import { check, declare, koffi } from './libc';

const c = {
  getpwnam: declare('void *getpwnam(const char *name)'),
  getpwuid: declare('void *getpwuid(uint32_t uid)'),
  getgrouplist: declare('int getgrouplist(const char *user, unsigned int group, void *groups, void *ngroups)'),
};

/** getgrouplist(3): the groups that the user database gives a user, `gid` among them. */
export function getgrouplist(user: string, gid: number): number[] {
  const MAX_GROUPS = 65536; // NGROUPS_MAX
  const list = Buffer.alloc(MAX_GROUPS * 4);
  const count = Buffer.alloc(4);
  count.writeInt32LE(MAX_GROUPS);
  check('getgrouplist', c.getgrouplist(user, gid, list, count));
  return Array.from({ length: count.readInt32LE() }, (_, index) => list.readUInt32LE(index * 4));
}

export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** struct passwd of <pwd.h>, alike in glibc and musl. */
const PASSWD = {
  pw_name: 'char *',
  pw_passwd: 'char *',
  pw_uid: 'uint32_t',
  pw_gid: 'uint32_t',
  pw_gecos: 'char *',
  pw_dir: 'char *',
  pw_shell: 'char *',
};

/** getpwuid(3). Null for an id that the user database does not know. */
export function userByUid(uid: number): Account | null {
  return account(c.getpwuid(uid));
}

/** getpwnam(3). Null for a name that the user database does not know. */
export function userByName(name: string): Account | null {
  return account(c.getpwnam(name));
}

function account(found: unknown): Account | null {
  if (!found) return null;
  const entry = koffi().decode(found, koffi().struct(PASSWD)) as Record<'pw_name' | 'pw_dir' | 'pw_shell', string> &
    Record<'pw_uid' | 'pw_gid', number>;
  return { name: entry.pw_name, uid: entry.pw_uid, gid: entry.pw_gid, home: entry.pw_dir, shell: entry.pw_shell };
}
