using Engine.Bench;
using Engine.Bench.Output;
using Xunit;

namespace Engine.Tests.Bench;

public class ProgramTests
{
    [Fact]
    public void DevicesAreListed()
    {
        var (code, output, error) = Run("devices");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("| cpu ", output);
        Assert.DoesNotContain('\x1b', output);
        Assert.Empty(error);
    }

    [Fact]
    public void VersionIsPrinted()
    {
        Assert.Matches(@"^engine \d+\.\d+\.\d+\s*$", Run("--version").Output);
        Assert.Equal(ExitCodes.Ok, Run("--version").Code);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("devices", "--help")]
    [InlineData("-h")]
    [InlineData("devices", "-?")]
    [InlineData("variance", "--help")]
    [InlineData("help")]
    [InlineData("help", "devices")]
    public void HelpIsNoError(params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("Options:", output);
        Assert.Empty(error);
    }

    [Fact]
    public void HelpOfACommandHasExamples() => Assert.Contains("Examples:", Run("devices", "--help").Output);

    [Theory]
    [InlineData("Give a command: ")]
    [InlineData("Unknown command 'device'; did you mean 'devices'?", "device")]
    [InlineData("Unknown option '--sped'.", "devices", "--sped", "3")]
    [InlineData("Unknown option '--replicatse'; did you mean '--replicates'?", "frontier", "--replicatse", "5")]
    [InlineData("Unknown option '--replicatse=5'; did you mean '--replicates'?", "frontier", "--replicatse=5")]
    [InlineData("Unknown option '--replicatse'; did you mean '--replicates'?", "variance", "--replicatse", "5")]
    [InlineData("Unknown option '--sgv'; did you mean '--svg'?", "play", "--sgv", "game.svg")]
    [InlineData("Unknown option '--foo'.", "plot", "--foo")]
    [InlineData("Unknown option '--versoin'; did you mean '--version'?", "--versoin")]
    [InlineData("Unknown argument 'more'.", "devices", "more")]
    [InlineData("Unknown argument '@more'.", "devices", "@more")]
    [InlineData("Unknown command 'device'; did you mean 'devices'?", "device", "--help")]
    [InlineData("Unknown command 'device'; did you mean 'devices'?", "help", "device")]
    [InlineData("Unknown option '--sped'.", "devices", "--sped", "--help")]
    [InlineData("Unknown argument 'more'.", "devices", "more", "--help")]
    [InlineData("--frames stands before the command: write 'engine train --frames ...'.", "--frames", "5M", "train")]
    [InlineData("--frames stands before the command: write 'engine train --frames ...'.", "--frames=5M", "train")]
    [InlineData(@"Unknown command 'a\u001b[31mb'.", "a\x1b[31mb")]
    [InlineData("--out needs a value, but '' is empty.", "mrp", "--out", "")]
    [InlineData("--config needs a value, but '' is empty.", "mrp", "--config", "")]
    [InlineData("--quiet: '5' is not true or false.", "mrp", "--quiet=5")]
    [InlineData("--repeats is 0, but must be at least 1.", "compare", "--repeats", "0")]
    [InlineData("--limit is NaN, but must be above 0 and at most 1000000.", "compare", "--limit", "NaN")]
    [InlineData("--threads is -1, but must be between 0 and 1024.", "micro", "--threads", "-1")]
    [InlineData("--seed is -1, but must be at least 0.", "play", "--seed", "-1")]
    [InlineData("--speed is 0, but must be between 0.1 and 1000.", "play", "--speed", "0")]
    public void MistakesGetOneLineWithAHint(string start, params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal(ExitCodes.UserError, code);
        Assert.StartsWith(start, error);
        Assert.Contains("--help", error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(output);
    }

    // Most likely the option's own value was forgotten.
    [Theory]
    [InlineData("--out: '-x' looks like an option; write --out ./-x if it is meant.", "mrp", "--out", "-x")]
    [InlineData("--out: '-x' looks like an option; write --out ./-x if it is meant.", "compare", "--out", "-x")]
    [InlineData("--out: '-5' looks like an option; write --out ./-5 if it is meant.", "snake", "--out", "-5")]
    [InlineData("--out: '--x' looks like an option", "micro", "--out", "--x", "--list")]
    [InlineData("--config: '-x' looks like an option; write --config ./-x if it is meant.", "snake", "--config", "-x")]
    [InlineData("--env: '-x' looks like an option; --env needs a value.", "train", "--env", "-x")]
    [InlineData("--checkpoint: '-x' looks like an option", "play", "run", "--checkpoint", "-x")]
    [InlineData("--agent: '-x' looks like an option; --agent needs a value.", "evaluate", "run", "--agent", "-x")]
    [InlineData("--device: '-x' looks like an option", "evaluate", "run", "--device", "-x")]
    [InlineData("--devices: '-x' looks like an option", "compare", "--devices", "cpu", "-x")]
    [InlineData("--only: '-x' looks like an option", "compare", "--only", "-x")]
    [InlineData("--filter: '-x' looks like an option", "micro", "--filter", "-x")]
    public void AnOptionIsNoText(string start, params string[] args)
    {
        var (code, output, error) = Run(args);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.StartsWith(start, error);
        Assert.False(Directory.Exists("-x"));
    }

    [Fact]
    public void EveryOptionThatTakesTextRefusesAnOption()
    {
        foreach (var command in Program.Commands)
        {
            foreach (var option in command.Options.Where(option => option.HelpName is "DIR" or "FILE" or "NAME" or "TEXT" or "PATTERN"))
            {
                string[] run = [.. command.Arguments.Select(_ => "run")];
                var (code, _, error) = Run([command.Name, .. run, option.Name, "-x"]);
                Assert.Equal(ExitCodes.UserError, code);
                Assert.Contains($"{option.Name}: '-x' ", error);
            }
        }
    }

    [Fact]
    public void FailuresHaveTheirExitCodes()
    {
        Assert.Equal((ExitCodes.UserError, "seeds is 0: give 1 or more."), Complain(new UserError("seeds is 0: give 1 or more.")));
        Assert.Equal((ExitCodes.Interrupted, "Interrupted."), Complain(new OperationCanceledException()));
        Assert.Equal((ExitCodes.Interrupted, "Interrupted at 5."), Complain(new Interrupted("Interrupted at 5.")));
        Assert.Equal(ExitCodes.Failed, Complain(new InvalidOperationException("odd")).Code);
        Assert.Equal(
            (ExitCodes.UserError, "A file can't be used: no such thing. Put that right, or name another one."),
            Complain(new IOException("no such thing.")));
    }

    [Fact]
    public void FullDiskIsAUserError()
    {
        if (!File.Exists("/dev/full"))
            return;
        var full = Assert.ThrowsAny<IOException>(() =>
        {
            using var stream = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);
            stream.Write(new byte[10]);
        });
        var (code, line) = Complain(full);
        Assert.Equal(ExitCodes.UserError, code);
        Assert.StartsWith("The disk is full", line);
    }

    internal static (int Code, string Output, string Error) Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private static (int Code, string Line) Complain(Exception e)
    {
        using var error = new StringWriter();
        int code = Complaints.Print(e, error);
        return (code, error.ToString().Split('\n')[0]);
    }
}
