#!/bin/busybox sh
# First process of the virtual machine: mounts the host's files under a layer in memory, runs /command as root there, switches off.
/bin/busybox mkdir -p /bin /sbin /dev /proc /host /layer /root
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
for module in /modules/*; do insmod "$module" || echo "insmod $module failed"; done

# What is written goes to memory: the host gives its files read-only.
mount -t virtiofs -o ro host /host
mount -t tmpfs layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work overlay /root
release=$(uname -r)
mkdir -p "/root/usr/lib/modules/$release"
mount -o bind "/host$(cat /modules-folder)" "/root/usr/lib/modules/$release"

mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t devtmpfs dev /root/dev
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts pts /root/dev/pts
mount -t tmpfs shm /root/dev/shm
mount -t tmpfs run /root/run
mount -t cgroup2 cgroup /root/sys/fs/cgroup
mount -t bpf bpf /root/sys/fs/bpf
mount -t securityfs security /root/sys/kernel/security
mount -t debugfs debug /root/sys/kernel/debug
mount -t tracefs trace /root/sys/kernel/tracing
mkdir /root/run/cgroup-v1
mount -t cgroup -o none,name=v1 v1 /root/run/cgroup-v1 # For the tests that give one where v2 is wanted.
ifconfig lo 127.0.0.1 up

# Pipes to the serial ports, so that no program takes them for a terminal: 1 is stdout, 2 stderr, 3 the exit status.
cp /command /root/run/command
for port in 1 2 3; do stty -F /dev/ttyS$port raw -echo; done
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
{
	{
		/bin/chroot /root /bin/sh /run/command </dev/null 2>&3
		echo $? >/dev/ttyS3
	} 3>&1 >&4 | /bin/cat >/dev/ttyS2
} 4>&1 | /bin/cat >/dev/ttyS1
/bin/reboot -f
