#!/usr/bin/env bash
# tests/package.sh BUILD: makes the Debian package of a build, looks at what is in
# it, unpacks it and runs the program from there. Exit status 77 where there is no
# dpkg-deb or cpack.
set -euo pipefail
build=$(realpath "$1")
for tool in dpkg-deb dpkg-shlibdeps cpack gzip; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: no $tool"
    exit 77
  fi
done
libraries=$(ldd "$build/zcp-networks")
if ! grep -q 'libtorch.* => /\(usr/\)\?lib/' <<<"$libraries"; then
  echo "skipped: not built with Debian's LibTorch"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "package.sh: $1" >&2
  exit 1
}

cd "$build"
cpack -G DEB -B "$folder" > "$folder/log" 2>&1 || { cat "$folder/log"; fail "cpack failed"; }
package=$(ls "$folder"/zcp_*.deb)
cd "$folder"
dpkg-deb -c "$package" > contents
for path in usr/bin/zcp usr/bin/zcp-networks usr/share/man/man1/zcp.1.gz usr/share/man/man1/zcp-networks.1.gz \
  usr/share/bash-completion/completions/zcp usr/share/zsh/vendor-completions/_zcp usr/share/doc/zcp/copyright \
  usr/share/doc/zcp/changelog.gz usr/share/zcp/spaces/nats_tss.json; do
  grep -q " ./$path$" contents || fail "has no $path"
done
! grep -Ev ' \./(usr/|$)' contents || fail "has files outside of /usr"

depends=$(dpkg-deb -f "$package" Depends)
for library in libc6 libstdc++6 libtorch libsqlite3-0 libboost-program-options libfmt; do
  [[ $depends == *"$library"* ]] || fail "does not depend on $library: $depends"
done

dpkg-deb -x "$package" unpacked
version=$(dpkg-deb -f "$package" Version)
unpacked/usr/bin/zcp --version > version
grep -q "$version" version || fail "is $version and says $(cat version)"
# By a program that runs networks, from another folder than that of the build.
unpacked/usr/bin/zcp score --space nats-tss --sample 2 --task gaussian --channels 4 --cells 1 --batch-size 4 \
  --proxies params,naswot --quiet > scores
[[ $(wc -l < scores) == 3 ]] || fail "scores wrongly: $(cat scores)"
zcat unpacked/usr/share/man/man1/zcp.1.gz > page
grep -q '^\.TH ZCP 1' page || fail "has no manual page"
bash -c 'source unpacked/usr/share/bash-completion/completions/zcp; complete -p zcp' > completion
grep -q _zcp completion || fail "does not complete"
if command -v lintian >/dev/null; then
  # The address of the maintainer is for those who give the package to others.
  lintian --allow-root --fail-on error --suppress-tags bogus-mail-host "$package"
fi
echo "ok: $(basename "$package"), $(wc -c < "$package") bytes"
