#!/bin/sh
# Makes certificates/: an authority, one certificate for all servers of the cluster, and one for each client.
#
#   ./certificates.sh NAME...                     the names by which clients reach the servers; needed once
#   ./certificates.sh --client USER               certificates/USER.pem and .key; the user's name is its CN
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p certificates/servers
cd certificates

signed() { # file, CN, extension
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$2" -out "$1.csr"
    printf '%s\n' "$3" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -extfile "$1.ext" -out "$1.pem"
    rm "$1.csr" "$1.ext"
}

if [ ! -e ca.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 \
        -subj '/CN=HTTP monitor fleet' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
fi
if [ "${1:-}" = --client ]; then
    case ${2:-} in '' | *[!A-Za-z0-9._-]*) echo 'usage: certificates.sh --client USER' >&2 && exit 2 ;; esac
    signed "$2" "$2" 'extendedKeyUsage=clientAuth'
    exit
fi
if [ $# = 0 ]; then
    echo 'usage: certificates.sh NAME... | --client USER' >&2
    exit 2
fi
names=
for name in "$@" clickhouse-1-1 clickhouse-1-2 clickhouse-2-1 clickhouse-2-2; do
    names="$names,DNS:$name"
done
# Servers are each other's clients too.
signed servers/server "$1" "subjectAltName=${names#,}
extendedKeyUsage=serverAuth,clientAuth"
cp ca.pem servers/ca.pem
chmod 755 servers
chmod 644 servers/*.pem
chmod 644 servers/server.key # the container's user reads it; the folder above is closed to others
