#!/bin/sh
# Starts Node from a read-only mount of its file, for entering a container's filesystem: nobody in there can write to Node then,
# see enter/readOnly.ts. A helper that was not started by this does the same, but has to start Node a second time for it.
# To be run as root. Usage: start.sh NODE ARGUMENT...
case $1 in
  --mounted)
    shift
    # Where this fails, the helper sees it and does it by itself.
    mount -o bind,ro "$1" "$1" 2>/dev/null
    ;;
  *)
    if [ -w "$1" ] && command -v unshare >/dev/null; then
      exec unshare --mount -- /bin/sh "$0" --mounted "$@"
    fi
    ;;
esac
exec "$@"
