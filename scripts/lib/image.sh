# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# image.sh IMAGE SIZE PACKAGES...: makes a guest's root disk. Run as root inside
# the tool chain root, by scripts/image. Packages come from where the tool chain
# root's own come from; the image is made aside and renamed.
set -euo pipefail

image=$1 size=$2
shift 2
tree=$image.tree
trap 'rm -rf "$tree" "$tree.apt" "$image.new"' EXIT
# What a killed run has left.
rm -rf "$(dirname "$image")"/root-*.{tree,tree.apt,new}
mkdir "$tree"

# The hooks' $1 is the tree, which mmdebstrap gives them.
# shellcheck disable=SC2016
hooks=(
	# Packages with alternatives, such as Java's, put links to manuals there.
	--essential-hook='mkdir -p "$1"/usr/share/man/man1'
	--customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap'
	--customize-hook='echo tmem >"$1"/etc/hostname'
	--customize-hook='echo "127.0.0.1 localhost tmem" >"$1"/etc/hosts'
)

# Proxies and certificates of this machine are needed to fetch, not in the guest.
apt-config dump | grep '^Acquire::' >"$tree.apt" || true
mmdebstrap --mode=root --variant=minbase --format=directory \
	--include="$(IFS=,; echo "$*")" \
	--aptopt="$tree.apt" --aptopt='APT::Install-Recommends "false"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	"${hooks[@]}" \
	trixie "$tree" /etc/apt/sources.list

# A labelled partition, because the stock kernel finds a root disk by name only
# if it is one. No journal, and no inode tables left to write in the background:
# the guest is thrown away each time and should be quiet.
truncate -s "$size" "$image.new"
sfdisk -q "$image.new" <<<'label: gpt
start=2048, name=tmem-root'
mke2fs -q -t ext4 -O ^has_journal \
	-E "offset=$((2048 * 512)),root_owner=0:0,lazy_itable_init=0,assume_storage_prezeroed=1" \
	-d "$tree" "$image.new" "$(($(numfmt --from=iec "$size") / 1024 - 2048))k"
# The owner of the cache uses it, and removes it.
chown --reference="$(dirname "$image")" "$image.new"
mv "$image.new" "$image"
