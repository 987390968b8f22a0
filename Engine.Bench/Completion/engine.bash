# Completion of engine's command line in bash.
_engine() {
    local line=${COMP_LINE:0:COMP_POINT} IFS=$'\n'
    line=${line#"$1"}
    COMPREPLY=($(compgen -W "$("$1" "[suggest:${#line}]" "$line" 2> /dev/null)" -- "$2"))
    # Options are for those who begin one.
    [[ $2 == -* ]] || COMPREPLY=($(printf '%s\n' "${COMPREPLY[@]}" | grep -v '^-'))
}
complete -o default -F _engine engine
