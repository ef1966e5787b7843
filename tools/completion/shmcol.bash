# Completion of shmcol-pack, shmcol-check, shmcol-info and shmcol-cat for bash.
# The names of the options come from the --help of the tool that is completed; what is said here is
# which arguments some of them take.

_shmcol_options() { # the tool as it was typed
    "${1/#\~/$HOME}" --help 2>/dev/null |
        sed -n -e 's/^  \(-.\), \(--[a-z-]*\).*/\1 \2/p' -e 's/^      \(--[a-z-]*\).*/\1/p'
}

_shmcol_words() {
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_shmcol_files() { # a pattern of suffixes, the start of a name
    local IFS=$'\n'
    compopt -o filenames
    COMPREPLY=($(compgen -f -X "!$1" -- "$2") $(compgen -d -- "$2"))
}

_shmcol() {
    local tool=${1##*/} current=$2 previous=$3
    shopt -q extglob || shopt -s extglob
    case $previous in
    --on-error) _shmcol_words 'stop skip null replace' "$current"; return ;;
    --dictionary) _shmcol_words 'auto always never' "$current"; return ;;
    --delimiter) _shmcol_words 'tab comma semicolon pipe space none' "$current"; return ;;
    --thousands) _shmcol_words 'comma dot apostrophe space nbsp nnbsp' "$current"; return ;;
    --quote) _shmcol_words 'none' "$current"; return ;;
    --encoding) _shmcol_words 'UTF-8 UTF-16 UTF-16LE UTF-16BE ISO-8859-1 ISO-8859-15 WINDOWS-1252 SHIFT_JIS GB18030' "$current"; return ;;
    --level) _shmcol_words 'structure checksums full' "$current"; return ;;
    --format) _shmcol_words 'csv tsv jsonl' "$current"; return ;;
    --meta | --columns | --types | --date-format | --timestamp-format | --true | --false | --null | --skip-lines | --skip-after-header | --skip-footer | --comment | --threads | --temporary-limit | --window | --rows | --head | --token | --part-rows | --min-part-rows) return ;;
    --append)
        compopt -o filenames
        COMPREPLY=($(compgen -d -- "$current"))
        return
        ;;
    --memory) [ "$tool" = shmcol-pack ] && return ;;
    -o | --output | --rejects | --types-from) _shmcol_files '*' "$current"; return ;;
    esac
    case $current in
    -*) _shmcol_words "$(_shmcol_options "$1")" "$current" ;;
    *)
        if [ "$tool" = shmcol-pack ]; then
            _shmcol_files '*.@(csv|tsv|txt|CSV|TSV|TXT|shmcol)?(.gz|.zst)' "$current"
        else
            _shmcol_files '*.shmcol' "$current"
        fi
        ;;
    esac
}

complete -F _shmcol shmcol-pack shmcol-check shmcol-info shmcol-cat
