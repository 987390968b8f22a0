using System.Text;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>What a user can put right is told in a line, in no time, and before anything is written.</summary>
public sealed class RunFaultTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("mrp --batch 2147483647", "batch is 2147483647, but must be between 1 and 1048576.")]
    [InlineData("mrp --look-ahead 2147483647", "Method '2147483647': the number of inner steps is 2147483647, but must be at most 1000.")]
    [InlineData("train --method 1001-mix", "Method '1001-mix': the number of inner steps is 1001, but must be at most 1000.")]
    [InlineData("bias-variance --oracle 2147483647", "oracle is 2147483647, but must be between 1 and 1000.")]
    [InlineData("bias-variance --replicates 2147483647", "replicates is 2147483647, but must be at most 42949672 with 5 seeds.")]
    [InlineData("train --grid 1024x1024 --envs 1024 --rollout 1024", "envs * rollout * grid needs at least ")]
    [InlineData("table1 --points 2147483647", "points is 2147483647, but must be between 0 and 10000.")]
    public void SizesThatCantBeAreTold(string line, string expected)
    {
        var (code, output, error) = TrainedFolder.Try($"{line} --quiet --out {_temporary.At("a")}");
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.StartsWith(expected, error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Empty(_temporary.Names);
    }

    [Fact]
    public void AFolderThatVanishesIsToldInALine()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There a folder in use can't vanish.");
        string folder = _temporary.At("a");
        using StringWriter output = new();
        using var error = new LineWatcher(() => Directory.Delete(folder, recursive: true));
        int code = Program.Run(
            $"mrp --look-ahead 0,1 --iterations 2 --seeds 1 --monte-carlo 2 --threads 1 --out {folder}".Split(' '), output, error);
        string complaint = error.ToString().TrimEnd().Split('\n')[^1];
        Assert.Equal((ExitCodes.UserError, ""), (code, output.ToString()));
        Assert.StartsWith($"A file can't be used: Could not find a part of the path '{folder}", complaint);
        Assert.EndsWith("Put that right, or name another one.", complaint);
    }

    [Theory]
    [InlineData("", "there is no such folder.")]
    [InlineData("nowhere/a.svg", "there is no such folder.")]
    [InlineData("a\0b", "this names no file; name another one. (Null character in path.)")]
    [InlineData("FOLDER", "this is a folder, which can't be written: name a file.")]
    public void PathsThatAreNoFilesAreToldBeforeTheWork(string path, string expected)
    {
        path = path.Replace("FOLDER", _temporary.At(""));
        string message = Assert.Throws<UserError>(() => UserFile.RequireFolder(path, "--svg")).Message;
        Assert.StartsWith("--svg ", message);
        Assert.Contains(path, message);
        Assert.EndsWith(expected, message);
    }

    // Does something once, when the first line is written.
    private sealed class LineWatcher(Action act) : StringWriter
    {
        private Action? _act = act;

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            _act?.Invoke();
            _act = null;
        }
    }
}
