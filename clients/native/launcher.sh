#!/bin/sh
# Becomes the native command of this machine's processor, or the Node command where the package has none for it. It starts no process: in
# the places where npm puts its links, it finds the package by itself.
here=${0%/*}
[ "$here" != "$0" ] || here=.
package=
if [ -L "$0" ]; then
  for place in "$here/../postern" "$here/../lib/node_modules/postern"; do
    [ "$place/postern" -ef "$0" ] 2>/dev/null && package=$place && break
  done
  [ -n "$package" ] || { package=$(readlink -f -- "$0") && package=${package%/*}; }
else
  package=$here
fi
processor=
[ -r /proc/sys/kernel/arch ] && read -r processor </proc/sys/kernel/arch
case $processor in
x86_64) native=$package/native/linux-x64/postern ;;
aarch64) native=$package/native/linux-arm64/postern ;;
*) native= ;;
esac
[ -x "$native" ] && exec "$native" "$@"
exec "$package/postern.js" "$@"
