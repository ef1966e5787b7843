#!/bin/sh
# The five programs of examples/, and what they make is valid. Their failures are errors with a sentence, and leave nothing
# behind. Needs no Python, so that the sanitizer builds run it too. Usage: examples_run.sh BIN_DIR EXAMPLES_DIR DATA_DIR
set -eu
bin=$1 examples=$2 data=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fails STATUS PROGRAM ARGUMENTS...: ends with that status and says something on stderr
fails() {
    expected=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = "$expected" ] && [ -s "$work/err" ] || {
        echo "$*: exit status $status, expected $expected" >&2
        cat "$work/err" >&2
        exit 1
    }
}

"$bin/shmcol-pack" --quiet --no-sync "$data/seattle-weather.csv" "$work/weather.shmcol"
"$examples/read" "$work/weather.shmcol"
"$examples/tokens" "$data/../../spec/corpus/good/list-int32.shmcol" nulls
"$examples/write" "$work/trades.shmcol"
"$examples/stream" "$work/trades.shmcol" "$work/prices.shmcol" symbol price
"$examples/populate" "$work/halves.shmcol"
"$bin/shmcol-check" "$work/trades.shmcol" "$work/prices.shmcol" "$work/halves.shmcol"
"$bin/shmcol-cat" --rows 999999:1000000 "$work/halves.shmcol" | grep -qx 499999.5
"$bin/shmcol-cat" --rows 99:100 "$work/prices.shmcol" | grep -qx 'AAPL,'

for program in read write stream populate tokens; do
    fails 2 "$examples/$program"
done
fails 1 "$examples/read" "$work/trades.shmcol" # has no column "date"
fails 1 "$examples/read" "$work/missing"
fails 1 "$examples/tokens" "$work/trades.shmcol" price # is no list
fails 1 "$examples/write" "$work/missing/trades.shmcol"
fails 1 "$examples/stream" "$work/trades.shmcol" "$work/prices.shmcol" price # exists
fails 1 "$examples/stream" "$work/trades.shmcol" "$work/other.shmcol" no-such-column
fails 1 "$examples/populate" "$work/missing/halves.shmcol"
rm "$work/out" "$work/err"
[ "$(ls -A "$work")" = "halves.shmcol
prices.shmcol
trades.shmcol
weather.shmcol" ] || {
    echo "something is left behind:" >&2
    ls -A "$work" >&2
    exit 1
}
