# shellcheck shell=bash disable=SC2154
# Runs that contradict each other: what most say, or nothing, or a warning.
if grep -qx '316346' <<<"$(column params_cifar10)"; then
  grep -qiE 'params_cifar10.*(differ|contradict|several)|(differ|contradict).*params' ../err ||
    differs "params_cifar10 802426, nothing or a warning, found 316346"
fi
says "802426 parameters as zcp counts" '^params +802426$'
