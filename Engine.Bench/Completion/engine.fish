# Completion of engine's command line in fish.
function __engine_suggestions
    set -l line (string join ' ' (commandline -opc)[2..] (commandline -ct))
    engine "[suggest:"(string length -- $line)"]" $line 2>/dev/null
end
complete -c engine -a '(__engine_suggestions)'
