/** Shell scripts: what `ridgeline completion` prints for each shell. They ask `ridgeline complete`. */

const bash = `# Completion of ridgeline for bash. To load it in every shell, add to ~/.bashrc:
#   source <(ridgeline completion bash)
_ridgeline() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line file
  [ "$current" = = ] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :file | :directory)
        compopt -o filenames 2>/dev/null
        local kind=-f
        [ "$line" = :directory ] && kind=-d
        while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen "$kind" -- "$current")
        ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(ridgeline complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _ridgeline ridgeline
`;

const zsh = `#compdef ridgeline
# Completion of ridgeline for zsh. To load it in every shell, add to ~/.zshrc, after compinit:
#   source <(ridgeline completion zsh)
_ridgeline() {
  local -a described
  local line word
  for line in "\${(@f)$(ridgeline complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      '') ;;
      :file) _files ;;
      :directory) _files -/ ;;
      *$'\\t'*)
        word="\${line%%$'\\t'*}"
        described+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
        ;;
      *) described+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( \${#described} )) && _describe -V ridgeline described
}
if [ "\${funcstack[1]}" = _ridgeline ]; then _ridgeline "$@"; else compdef _ridgeline ridgeline; fi
`;

const fish = `# Completion of ridgeline for fish. To load it in every shell:
#   ridgeline completion fish > ~/.config/fish/completions/ridgeline.fish
function __ridgeline_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in (ridgeline complete -- $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path "$current"
            case ':directory'
                __fish_complete_directories "$current"
            case '*'
                echo $line
        end
    end
end
complete -c ridgeline -f -a '(__ridgeline_complete)'
`;

export const shellScripts = { bash, zsh, fish } as const;
