# shellcheck shell=bash disable=SC2154
# Specs of transnas-micro, or a refusal; never cells of NATS-TSS.
never "no cells of nats-tss" '^\|'
if [[ $status -eq 0 ]]; then
  says "specs of transnas-micro" '^64-41414-'
  is "rows" "$(grep -c '^64-41414-' ../out)" 4
else
  is "exit status" "$status" 2
  says "the data sets named" 'class_scene|jigsaw|transnas'
fi
