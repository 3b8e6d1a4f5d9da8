#!/usr/bin/env bash
# usage: initramfs.sh FOLDER KERNEL COMMAND-FILE. Packs what the machine starts with into FOLDER/initramfs: busybox, modules, init, command.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1 kernel=$2 command=$3
release=$(cat "$kernel/release")
tree=$folder/tree
mkdir -p "$tree"/{bin,sbin,modules}
cp "$(command -v busybox)" "$tree/bin/busybox"
cp "$here/init.sh" "$tree/init"
cp "$command" "$tree/command"
echo "$kernel/lib/modules/$release" >"$tree/modules-folder"

# Only these reach the host's files; whatever else the kernel wants, it loads from there.
printf '#!/bin/busybox sh\nexec /bin/busybox chroot /root /sbin/modprobe "$@"\n' >"$tree/sbin/modprobe"
chmod +x "$tree/init" "$tree/sbin/modprobe"
order=10
modprobe -d "$kernel" -S "$release" --show-depends -a virtio_pci virtiofs overlay |
	sed -n 's/^insmod \(.*\.ko[.a-z]*\) .*/\1/p' | awk '!seen[$0]++' |
	while read -r module; do
		name=$tree/modules/$((order += 1))-$(basename "$module")
		case $module in
		*.xz) xz -dc "$module" >"${name%.xz}" ;;
		*) cp "$module" "$name" ;;
		esac
	done
(cd "$tree" && find . | cpio -o -H newc --quiet) >"$folder/initramfs"
