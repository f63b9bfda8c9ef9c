# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced: which package mirror to use, and the host's way to it (proxy, certificates, clock tolerance).

_apt_helper=/usr/lib/apt/apt-helper

# debian_mirror SUITE: $DEBIAN_MIRROR, else the first of the host's own mirrors that has the suite, else nothing
# (debootstrap then takes its default).
debian_mirror() {
	local site
	if [ -n "${DEBIAN_MIRROR:-}" ]; then
		echo "${DEBIAN_MIRROR%/}"
		return
	fi
	for site in $(_host_sites '^[a-z]+$'); do
		if _has_suite "$site" "$1"; then
			echo "${site%/}"
			return
		fi
	done
}

# debian_security_mirrors MIRROR: where its security suites may be, likeliest first.
debian_security_mirrors() {
	[ -n "${DEBIAN_MIRROR:-}" ] || _host_sites '-security$'
	echo "${1%/}-security"
}

# The sites of the host's package sources with a release that matches the pattern, Debian's own first.
_host_sites() {
	command -v apt-get >/dev/null || return 0
	local origin
	for origin in 'Origin: Debian' 'Created-By: Packages'; do
		# The dollar signs are apt-get's.
		# shellcheck disable=SC2016
		apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' "$origin" |
			awk -v pattern="$1" '$1 ~ pattern && $2 == "main" { print $3 }'
	done | awk '!seen[$0]++'
}

# Asked with apt's own downloader: with the host's proxy and certificates.
_has_suite() {
	local file rc=0
	file=$(mktemp)
	"$_apt_helper" download-file "${1%/}/dists/$2/InRelease" "$file" >&2 || rc=1
	rm -f "$file"
	return "$rc"
}

# host_proxy URL: the proxy the host's apt uses for it, or nothing.
host_proxy() {
	[ -x "$_apt_helper" ] || return 0
	"$_apt_helper" auto-detect-proxy "$1" | sed -n "s/^Using proxy '\([^']*\)'.*/\1/p" | grep -v '^DIRECT$' || true
}

# The host's apt settings on reaching a mirror, in the form of a file for another root's apt.conf.d.
host_apt_settings() {
	command -v apt-config >/dev/null || return 0
	apt-config dump --no-empty |
		grep -E '^Acquire::(http|https|ftp|Check-Valid-Until|Check-Date|Max-FutureTime|ForceIPv[46]|Retries)\b' |
		grep -viE '::(Proxy-?Auto-?Detect|CAInfo|CAPath|SslCert|SslKey) ' || true
	local scheme proxy
	for scheme in http https; do
		proxy=$(host_proxy "$scheme://localhost/")
		[ -z "$proxy" ] || printf 'Acquire::%s::Proxy "%s";\n' "$scheme" "$proxy"
	done
}

# The file of the certificate authorities the host trusts for package mirrors, or nothing.
host_certificates() {
	local ca='' file
	if command -v apt-config >/dev/null; then
		eval "$(apt-config shell ca Acquire::https::CAInfo)"
	fi
	for file in "$ca" "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
		if [ -r "$file" ]; then
			echo "$file"
			return
		fi
	done
}
