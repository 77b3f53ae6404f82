# shellcheck shell=bash disable=SC2154
# NASLib's tuples are specs. nats-tss: edges (0,1) (0,2) (0,3) (1,2) (1,3) (2,3),
# operations skip, none, 3x3, 1x1, pooling. transnas-micro: its own digits.
is "exit status" "$status" 0
is "rows" "$(grep -cv '^arch,' ../out)" 2
never "no refusal" '^zcp: spec'
# same SPACE TUPLE SPEC: both are the same network.
same() {
  local hash
  hash=$("$zcp" describe --space "$1" --arch "$3" "${@:4}" | grep '^canonical')
  is "$1 $2:" "$("$zcp" describe --space "$1" --arch "$2" "${@:4}" 2>&1 | grep '^canonical')" "$hash"
}
same nats-tss "(4, 0, 3, 1, 4, 3)" \
  '|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|'
same transnas-micro "(1, 0, 2, 3, 3, 3)" 64-41414-1_02_333 --task jigsaw
