#compdef engine
# Completion of engine's command line in zsh.
_engine() {
    local line=${(j: :)words[2,CURRENT]}
    local -a found=(${(f)"$(${words[1]} "[suggest:${#line}]" "$line" 2> /dev/null)"})
    # Options are for those who begin one.
    [[ ${words[CURRENT]} == -* ]] || found=(${found:#-*})
    if (( ${#found} )); then compadd -a found; else _files; fi
}
compdef _engine engine
