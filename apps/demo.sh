#!/usr/bin/env bash
# apps/demo.sh: a whole study on the table of trained accuracies that zcp ships:
# scores its NATS-TSS cells on Fashion-MNIST, asks which proxy predicts their
# accuracy better than the number of parameters does, and draws the answer, beside
# that of the scores of all 15,625 cells that come with the program.
#
# Installs what is missing and builds the program first. The part that needs no
# LibTorch comes first, while LibTorch is installed, and makes a page of the
# scores that are shipped; then the part that scores networks is compiled. The
# scores are kept in demo/scores.sqlite: a second run computes only what is not
# there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=apps/packages.sh
source apps/packages.sh
if [[ $# -gt 0 ]]; then
  echo "usage: apps/demo.sh   (it takes no arguments)" >&2
  exit 2
fi

readonly zcp=build/release/zcp truth=benchmarks/tables/fashion_mnist_tss.csv
readonly metric=fashion_mnist_test sweep=nats-tss:fashion-mnist
# The networks and images that the table's cells were trained with.
readonly protocol=(--space nats-tss --channels 8 --cells 3
  --task fashion-mnist --resolution 12)
readonly proxies=core,macs,nwot,snip,jacob_cov,expressivity,progressivity,trainability,meco,stable_rank

# The page, of the scores that the options name.
write_page() {
  "$zcp" report "$@" --truth "$truth" --metric "$metric" --composites az_nas \
    --html demo/report.html
}

# The program without networks, for which LibTorch and the tests' packages need not
# be there yet. They are installed in the meantime.
build_front_first() {
  install_packages "${zcp_front_packages[@]}"
  echo "demo/packages.log tells how LibTorch is installed, in the meantime" >&2
  install_packages "${zcp_packages[@]}" >demo/packages.log 2>&1 &
  local installation=$!
  build release -DZCP_TORCH=OFF -DZCP_TESTS=OFF zcp
  write_shipped_page
  if ! wait "$installation"; then
    tail -n 20 demo/packages.log >&2
    exit 1
  fi
}

write_shipped_page() {
  write_page --scores "$sweep"
  echo "demo/report.html shows the shipped scores; next: what scores networks"
}

mkdir -p demo
if command -v dpkg-query >/dev/null && [[ -n $(missing_packages libtorch-dev) ]]; then
  build_front_first
fi
install_packages "${zcp_packages[@]}"
if [[ ! -e demo/report.html ]]; then
  build release zcp
  write_shipped_page
fi
build release zcp zcp-networks

"$zcp" score "${protocol[@]}" --archs "$truth" --proxies "$proxies" \
  --store demo/scores.sqlite >demo/scores.csv
"$zcp" correlate --scores demo/scores.sqlite --truth "$truth" \
  --metric "$metric" --composites az_nas --figure demo/tau.svg |
  tee demo/study.txt
write_page --scores demo/scores.sqlite --scores "$sweep"
cat <<END

demo/report.html is the study to look at, demo/tau.svg its figure for a paper,
demo/scores.csv the scores. What to do next:

  $zcp rank --scores $sweep --by az_nas --top 10   # of all 15,625
  $zcp correlate --scores demo/scores.sqlite --truth $truth \\
      --metric $metric --top 0.5,0.2 --criteria
  $zcp train --help       # a table like this one for your own data set
  $zcp proxies            # what there is to score with

Each command explains itself: $zcp score --help
END
