# shellcheck shell=bash disable=SC2154
# No interval, p-value or verdict from two or three architectures.
never "no verdict" 's beats|gains most|proxies beat'
never "no interval" '\[[0-9. -]+, *[0-9. -]+\]'
never "no small p-value" '^ +s .* \.00[0-9]$'
if [[ -f x.html ]]; then
  ! grep -qE 's beats counting|s gains most' x.html || differs "no verdict in x.html"
fi
