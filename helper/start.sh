#!/bin/sh
# Starts Node in a mount namespace of its own, for entering a container's filesystem: there the helper can make the mount of Node's
# file read-only, and nobody in the container can write to it, see enter/readOnly.ts. A helper that was not started by this has to
# start Node a second time for that.
# To be run as root. Usage: sh start.sh NODE ARGUMENT...

# PATH is the caller's where sudo keeps it, and the command is to have it; the program that root runs here is the machine's.
# The last folder is NixOS's.
for folder in /usr/bin /bin /run/current-system/sw/bin; do
  # exec keeps the pid: so the helper knows that the mount namespace was made for it and nobody else.
  [ ! -x "$folder/unshare" ] || NS_HELPER_MOUNTS=$$ exec "$folder/unshare" --mount -- "$@"
done
# It will do without.
exec "$@"
