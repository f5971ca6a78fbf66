#!/bin/sh
# Starts Node from a read-only mount of its file, for entering a container's filesystem: nobody in there can write to Node then,
# see enter/readOnly.ts. A helper that was not started by this does the same, but has to start Node a second time for it.
# To be run as root in a mount namespace of its own. Usage: unshare --mount -- sh start.sh NODE ARGUMENT...

# Where this fails, the helper sees it and does it by itself.
mount -n -o bind,ro "$1" "$1" 2>/dev/null
exec "$@"
