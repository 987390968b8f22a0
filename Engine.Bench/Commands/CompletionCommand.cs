using System.CommandLine;
using Engine.Bench.Output;

namespace Engine.Bench.Commands;

/// <summary>engine completion: a script for a shell, which then completes commands, options and their values.</summary>
public static class CompletionCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish", "powershell"];

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new BenchCommand("completion", "Print a script that lets a shell complete engine's commands, options and values.")
        {
            Examples =
            {
                ("source <(engine completion bash)", "in ~/.bashrc"),
                ("source <(engine completion zsh)", "in ~/.zshrc, after compinit"),
                ("engine completion fish | source", "in ~/.config/fish/config.fish"),
                ("engine completion powershell | Out-String | Invoke-Expression", "in $PROFILE"),
            },
        };
        var shell = new Argument<string>("SHELL") { Description = $"One of {string.Join(", ", s_shells)}." };
        shell.CompletionSources.Add(s_shells);
        command.Add(shell);
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(shell)!;
            if (!s_shells.Contains(name))
                throw new UserError($"There is no completion for {Printable.Quote(name)}: give one of {string.Join(", ", s_shells)}.");
            using var script = typeof(CompletionCommand).Assembly.GetManifestResourceStream($"engine.{name}")!;
            parsed.InvocationConfiguration.Output.Write(new StreamReader(script).ReadToEnd());
            return ExitCodes.Ok;
        });
        return command;
    }
}
