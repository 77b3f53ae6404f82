# shellcheck shell=bash disable=SC2154
# Other types and old files are read, or refused with the cure.
for data in int32 f16 u8 f64 old; do
  if output=$("$zcp" score --model net.pt --task tensors --data $data.pt --batch-size 8 --proxies params,snip 2>words); then
    [[ $(tail -1 <<<"$output") =~ ,[0-9.e+-]+$ ]] || differs "a score snip on $data.pt"
  else
    grep -qE '\.float\(\)|\.long\(\)|torch\.save|torch\.load|_use_new_zipfile' words ||
      differs "$data.pt read or the cure, found: $(grep '^zcp' words | tail -1)"
  fi
done
