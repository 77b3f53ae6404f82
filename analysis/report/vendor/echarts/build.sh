#!/usr/bin/env bash
# Bundles echarts.min.js, LICENSE, NOTICE and the licences of what is in it
# again, from the npm packages that package-lock.json names. Needs Node.js and
# the network; building zcp needs neither.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp package.json package-lock.json entry.js "$work"
npm ci --prefix "$work" --no-audit --no-fund
modules=$work/node_modules
version=$(node -p "require('$modules/echarts/package.json').version")
{
  echo "/*! Apache ECharts $version, the parts a zcp report uses, bundled."
  echo "Licensed under the Apache License, Version 2.0:"
  echo "https://www.apache.org/licenses/LICENSE-2.0"
  echo
  cat "$modules/echarts/NOTICE"
  printf '\n\nIt embeds zrender:\n\n'
  cat "$modules/zrender/LICENSE"
  printf '\nand parts of d3 (https://github.com/d3/d3):\n\n'
  cat "$modules/echarts/licenses/LICENSE-d3"
  echo "*/"
} >"$work/banner.txt"
"$modules/.bin/esbuild" "$work/entry.js" --bundle --minify --format=iife \
  --global-name=echarts --target=es2020 --charset=ascii \
  --legal-comments=none --outfile="$work/bundle.js"
cat "$work/banner.txt" "$work/bundle.js" >echarts.min.js
cp "$modules/echarts/LICENSE" "$modules/echarts/NOTICE" .
cp "$modules/echarts/licenses/LICENSE-d3" LICENSE-d3
cp "$modules/zrender/LICENSE" LICENSE-zrender
cp "$modules/tslib/LICENSE.txt" LICENSE-tslib
