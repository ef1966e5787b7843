#!/bin/sh
# The four tools over every real table, with one thread and with many and small windows: the same bytes, valid, and back again. Needs no Python, so
# that the sanitizer builds run it too. Usage: tools_run.sh BIN_DIR DATA_DIR
set -eu
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for table in "$2"/*.csv "$2"/*.csv.gz; do
    "$bin/shmcol-pack" --quiet --no-sync -f --threads 1 "$table" "$work/one.shmcol"
    "$bin/shmcol-pack" --quiet --no-sync -f --threads 4 --window 30000 "$table" "$work/many.shmcol"
    cmp "$work/one.shmcol" "$work/many.shmcol"
    "$bin/shmcol-check" --quiet --threads 3 "$work/one.shmcol"
    "$bin/shmcol-info" "$work/one.shmcol" >"$work/info"
    "$bin/shmcol-cat" "$work/one.shmcol" >"$work/back.csv"
    "$bin/shmcol-pack" --quiet --no-sync -f "$work/back.csv" "$work/back.shmcol"
    cmp "$work/one.shmcol" "$work/back.shmcol"
    echo "$table: ok"
done
