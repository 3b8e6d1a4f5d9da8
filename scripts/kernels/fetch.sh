#!/usr/bin/env bash
# usage: fetch.sh FOLDER SERIES. Unpacks Debian's newest cloud kernel of a series (as 6.1) into FOLDER; the machine's apt stays as it is.
set -euo pipefail
folder=$1 series=$2
part=$folder.part

# Where each tested series lives: LTS kernels of oldstable and older in -security, newer ones in -backports.
security_suites=(bullseye-security bookworm-security)
main_suites=(trixie-backports)

# The mirror that this machine already uses; DEBIAN_MIRROR names one where it is no Debian.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" | sort -u | sed -n 1p
}
main=${DEBIAN_MIRROR:-$(mirror Debian)}
security=${DEBIAN_MIRROR:+${DEBIAN_MIRROR%/}-security}
security=${security:-$(mirror Debian-Security)}
if [ -z "$main" ] || [ -z "$security" ]; then
	echo 'apt knows no Debian mirror here: set DEBIAN_MIRROR to the URL of one (it ends in /debian)' >&2
	exit 1
fi

rm -rf "$part"
mkdir -p "$part"/{lists/partial,cache/archives/partial,tree}
cd "$part"
sources() {
	printf "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64] $1 %s main\n" "${@:2}"
}
{ sources "$security" "${security_suites[@]}" && sources "$main" "${main_suites[@]}"; } >sources
cat >apt.conf <<CONF
Dir::Etc::sourcelist "$PWD/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$PWD/lists";
Dir::Cache "$PWD/cache";
APT::Sandbox::User "root";
APT::Architecture "amd64";
APT::Architectures "amd64";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
CONF
export APT_CONFIG=$PWD/apt.conf
apt-get -qq update

release=$(apt-cache pkgnames "linux-image-$series." | sed -n 's/^linux-image-\(.*-cloud-amd64\)$/\1/p' | sort -V | tail -n 1)
if [ -z "$release" ]; then
	echo "Debian has no kernel $series, or not any more, in: ${security_suites[*]} ${main_suites[*]}" >&2
	exit 1
fi

# Up to 7.1 one package has it all, later ones share it among themselves.
apt-cache pkgnames linux- | grep -xF "$(printf 'linux-%s\n' {image,base,binary,modules}-"$release")" | xargs apt-get -qq download
for package in *.deb; do dpkg-deb -x "$package" tree; done
kernel=$(find tree -name "vmlinuz-$release" -o -path "*/modules/$release/vmlinuz")
modules=$(find tree -type d -path "*lib/modules/$release")
mkdir -p out/lib/modules
mv "$kernel" out/vmlinuz
mv "$modules" out/lib/modules/
depmod -b out "$release"
echo "$release" >out/release

rm -rf "$folder"
mv out "$folder"
rm -rf "$part"
