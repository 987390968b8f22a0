using System.Diagnostics;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public class CompletionTests
{
    [Theory]
    [InlineData("tra", "train")]
    [InlineData("train --en", "--entropy", "--env", "--envs")]
    [InlineData("train --env ca", "cartpole", "catch")]
    [InlineData("train --differentiation ", "forward", "reverse")]
    [InlineData("train --anneal ", "false", "true")]
    [InlineData("train --memory ", "auto", "mixed", "plain")]
    [InlineData("mrp --inner-optimiser rms", "rmsprop")]
    [InlineData("train --learn learning", "learning-rate")]
    [InlineData("evaluate --device emu", "emulator")]
    [InlineData("completion po", "powershell")]
    public void WhatIsTypedIsCompleted(string typed, params string[] expected)
    {
        var (code, output, error) = ProgramTests.Run($"[suggest:{typed.Length}]", typed);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Equal(expected, output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("[suggest:13]", "train --env=c")]
    [InlineData("[suggest:x]", "tra")]
    [InlineData("[suggest:-1]", "tra")]
    public void WhereNothingFitsNothingIsOffered(string directive, string typed)
        => Assert.Equal((ExitCodes.Ok, "", ""), ProgramTests.Run(directive, typed));

    [Theory]
    [InlineData("bash", "complete -o default -F _engine engine")]
    [InlineData("zsh", "compdef _engine engine")]
    [InlineData("fish", "complete -c engine")]
    [InlineData("powershell", "Register-ArgumentCompleter")]
    public void EveryShellHasItsScript(string shell, string part)
    {
        var (code, output, error) = ProgramTests.Run("completion", shell);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains(part, output);
    }

    [Fact]
    public void AnotherShellIsNamed()
    {
        var (code, _, error) = ProgramTests.Run("completion", "tcsh");
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Equal("There is no completion for 'tcsh': give one of bash, zsh, fish, powershell.", error.Trim());
    }

    // With a stand-in for the program, which says what it was asked.
    [Theory]
    [InlineData("engine tra", "tra", "train")]
    [InlineData("engine --", "--", "--help")]
    [InlineData("engine ", "", "train")]
    [InlineData("engine play runs/", "runs/")]
    public void BashOffersWhatFits(string line, string word, params string[] expected)
    {
        if (!File.Exists("/bin/bash"))
            return;
        using var folder = new TemporaryFolder();
        string script = ProgramTests.Run("completion", "bash").Output + $$"""
            engine() { [[ $1 == '[suggest:'${#2}']' ]] && printf '%s\n' --help train; }
            COMP_LINE='{{line}} and more' COMP_POINT={{line.Length}} COMPREPLY=()
            _engine engine '{{word}}' ''
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        File.WriteAllText(folder.At("try.bash"), script);
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", folder.At("try.bash")) { RedirectStandardOutput = true })!;
        Assert.Equal(expected, bash.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
