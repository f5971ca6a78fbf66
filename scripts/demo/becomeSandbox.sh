#!/bin/bash
# Sets up the namespaces it is started in and becomes the sandbox's own process. Usage: NAME ADDRESS COMMAND [ARG…]
set -eu
name=$1 address=$2
shift 2
hostname "$name"
ip link set lo up
if [[ $address ]]; then
  # Both ends of the pair stay inside: the address is there to be seen, not to be reached.
  ip link add eth0 type veth peer name eth0-peer
  ip address add "$address" dev eth0
  ip link set eth0 up
  ip link set eth0-peer up
fi
# A sandbox goes by the name that its process has in argv[0].
exec -a "$name" "$@"
