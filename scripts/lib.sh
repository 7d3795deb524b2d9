# What the scripts share: where things are, how they speak, and the folder they work in.
# Sourced, never run: `. "$(dirname "$0")/lib.sh"`.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
deps=$root/.deps                                # everything that set-up fetches, except system packages
scratch=${DAYBOOK_SCRATCH:-.build}              # where SwiftPM keeps checkouts, objects and products
[[ $scratch = /* ]] || scratch=$root/$scratch
python=${DAYBOOK_PYTHON:-/usr/bin/python3}      # the system's own: DuckDB's library is loaded with its libpython
swift_minimum=6.2
export LC_ALL=C.UTF-8                           # sorting and numbers come out the same everywhere

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold='' dim='' red='' green='' plain=''; fi

step() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }
note() { printf '    %s\n' "$*"; }
fail() { printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2; exit 1; }

# SwiftPM reads system libraries through pkg-config. Ours is used only where the system has no DuckDB.
if [ -e "$deps/duckdb/lib/pkgconfig/duckdb.pc" ]; then
    export PKG_CONFIG_PATH=$deps/duckdb/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
fi
