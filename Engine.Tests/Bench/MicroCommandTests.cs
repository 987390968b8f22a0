using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class MicroCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void BenchmarksAreListed()
    {
        var (code, output, error) = ProgramTests.Run("micro", "--list");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        string[] names = Lines(output);
        Assert.Contains("MatMul.Square", names);
        Assert.Contains("Convolution.ConvReluPool", names);
        Assert.Contains("Step.Call mrp-meta-s256-n1", names);
        Assert.Contains("Step.Call snake-meta-3-mix", names);
        Assert.Equal(names.Distinct(), names);
    }

    [Theory]
    [InlineData("Scan", "Scan.Reverse", "Scan.Forward")]
    [InlineData("Scan.R", "Scan.Reverse")]
    [InlineData("*.Forward", "Convolution.Forward", "Scan.Forward")]
    [InlineData("layout.tr?nspose", "Layout.Transpose")]
    [InlineData("snake-act", "Step.Call snake-act-n32")]
    public void PatternsChoose(string pattern, params string[] names)
        => Assert.Equal(names, Lines(ProgramTests.Run("micro", "--list", "--filter", pattern).Output));

    [Theory]
    [InlineData("no benchmark's name fits 'Tan?' or 'nothing'", "--filter", "Tan?", "nothing")]
    [InlineData("no benchmark's name fits 'nothing'", "--filter", "nothing", "--list")]
    [InlineData("Device 'gpu' is unknown", "--device", "cpu,gpu")]
    [InlineData("--threads is -1", "--threads", "-1")]
    public void MistakesAreNamedBeforeAnythingIsWritten(string part, params string[] args)
    {
        string folder = _temporary.At("out");
        var (code, output, error) = ProgramTests.Run(["micro", .. args, "--out", folder]);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains(part, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(folder));
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
