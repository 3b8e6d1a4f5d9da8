#!/bin/sh
# usage: share.sh FOLDER SOCKET. Serves all files of this machine read-only over virtiofs; run it in a mount namespace of its own.
set -eu
mount --make-rprivate /
mount --rbind / "$1"
mount -o remount,bind,ro "$1"

# The one in Rust, a package of its own; before qemu 8 the one in C, which came with qemu. File systems below / are no mounts
# of the guest: an overlay would show them empty.
if [ -x /usr/libexec/virtiofsd ]; then
	exec /usr/libexec/virtiofsd --socket-path="$2" --shared-dir="$1" --cache=always --sandbox=chroot --xattr --no-announce-submounts
fi
exec /usr/lib/qemu/virtiofsd --socket-path="$2" -o source="$1" -o cache=always -o sandbox=chroot -o xattr
