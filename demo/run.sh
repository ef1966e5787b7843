#!/usr/bin/env bash
# The demo that ./dev demo runs: what each step shows is said before it. Usage: demo/run.sh BUILD_DIR [ROWS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=$(cd "$1" && pwd)/bin
rows=${2:-10000000}
out=build/demo
mkdir -p "$out"

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || step() { printf '\n%s\n' "$*"; }
show() {
    printf '$ %s\n' "$*"
    local program=$1
    shift
    "$bin/$program" "$@"
}

step "1. A real table: all flights out of New York in January 2013. Types are found, NA is a null, one file comes out."
show shmcol-pack --null NA -f tests/data/nyc-flights-2013-01.csv.gz "$out/flights.shmcol"

step "2. The first rows, back as CSV: what went in comes out."
show shmcol-cat --head 3 "$out/flights.shmcol"

step "3. A large one: $rows rows of a date, a float of 17 digits with 5% missing, one of 1,000 names."
seed=$out/seed-$rows.csv
if [ ! -f "$seed" ]; then
    echo "(writing it first: $seed)"
    "$bin/gen_seed" "$rows" "$seed.part"
    mv "$seed.part" "$seed"
fi
show shmcol-pack -f "$seed" "$out/seed.shmcol"

step "4. Four processes open it at once and read three columns in place: one copy in memory, whoever reads."
show shmcol-demo "$out/seed.shmcol" 4

step "5. Every byte is the one that was written, every value keeps the rules."
show shmcol-check "$out/flights.shmcol" "$out/seed.shmcol"

step "6. The same file is an Arrow file: pyarrow reads it with nothing of ours installed."
python=.venv/bin/python
[ -x "$python" ] || python=$(command -v python3 || true)
if [ -n "$python" ] && "$python" -c 'import pyarrow' 2>/dev/null; then
    "$python" demo/read_with_pyarrow.py "$out/seed.shmcol"
else
    echo "(no Python with pyarrow here; ./dev test makes one)"
fi

step "7. Python workers: a DataFrame the way it is mostly shared, then shmcol; a CSV each worker reads, then packed once. What each process pays."
if [ -n "${SHMCOL_DEMO_PYTHON:-}" ]; then
    "$SHMCOL_DEMO_PYTHON" python/examples/05_dataframe_nansum.py --rows 2000000 --method spawn --processes
    echo
    "$SHMCOL_DEMO_PYTHON" python/examples/09_csv_once.py --rows 500000 --method fork --processes
else
    echo "(left out: no Python from 3.11 on with its development files, and numpy and pandas or a network to get them from; build/logs/demo-venv.log may say more)"
fi

printf '\nLeft in %s: the CSV and both files. Try: %s/shmcol-info %s/flights.shmcol\n' "$out" "${bin#"$PWD/"}" "$out"
