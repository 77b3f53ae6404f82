# shellcheck shell=bash disable=SC2154
# +Infinity ranks first: SciPy's kendalltau with inf gives 1. Or a message.
if ! grep -qiE 'inf' s.csv; then
  says "a word about the infinity" 'zc_inf.json.*(inf|finite)'
fi
if [[ $status -eq 0 ]]; then
  says "tau 1 of synflow" '^ +cifar10_synflow +0 +1\.000'
fi
