# NASLib's tuples are specs: edges in its order (0,1) (0,2) (0,3) (1,2) (1,3)
# (2,3), operations skip, none, 3x3, 1x1, pooling; TransNAS: none, skip, 1x1, 3x3.
is "exit status" "$status" 0
is "rows" "$(grep -cv '^arch,' ../out)" 2
never "no refusal" '^zcp: spec'
tss='|avg_pool_3x3~0|+|skip_connect~0|avg_pool_3x3~1|+|nor_conv_1x1~0|none~1|nor_conv_1x1~2|'
alone=$("$zcp" score --space nats-tss --arch "$tss" --proxies params --quiet | tail -1)
is "#params of nats-tss" "$(column params | head -1)" "${alone##*,}"
alone=$("$zcp" score --space transnas-micro --arch 64-41414-1_02_333 --task jigsaw --proxies params --quiet | tail -1)
is "#params of transnas-micro" "$(column params | tail -1)" "${alone##*,}"
