#!/bin/sh
# Starts Node from a read-only mount of its file, for entering a container's filesystem: nobody in there can write to Node then,
# see enter/readOnly.ts. A helper that was not started by this does the same, but has to start Node a second time for it.
# To be run as root. Usage: sh start.sh NODE ARGUMENT...

# PATH is the caller's where sudo keeps it, and the command is to have it; the programs that root runs here are the machine's.
# The last folder is NixOS's.
path=${PATH-/usr/sbin:/usr/bin:/sbin:/bin}
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin

# Where the mount fails, the helper sees it and does it by itself.
exec unshare --mount -- /bin/sh -c '
  mount -n -o bind,ro "$2" "$2" 2>/dev/null
  export PATH="$1"
  shift
  exec "$@"' sh "$path" "$@"
