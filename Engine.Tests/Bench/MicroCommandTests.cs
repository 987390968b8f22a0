using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using Engine.Bench.Commands;
using Engine.Bench.Micro;
using Engine.Bench.Output;
using Engine.Kernels;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

[Collection(nameof(AloneOnTheProcessor))]
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

    [Fact]
    public void ReportsHaveWhatAReplayGives()
    {
        string folder = _temporary.At("out");
        var (code, output, error) = ProgramTests.Run(
            "micro", "--filter", "Scan.Reverse", "Layout.Concatenate", "mrp-meta-s256-n10", "--job", "dry", "--quiet", "--out", folder);
        Assert.True(code == ExitCodes.Ok, error);
        Assert.Matches(@"\| Managed bytes \| commands \| kernels \| copies \| working_bytes \|", output);
        Assert.Matches(@"\| Scan.Reverse .* \| +1 \| +1 \| +0 \| +\d+ \|", output);
        var benchmarks = Directory.GetFiles(folder, "*.json", SearchOption.AllDirectories)
            .SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["Benchmarks"]!.AsArray()).ToArray();
        var counted = benchmarks.ToDictionary(
            benchmark => (string)benchmark!["MethodTitle"]!,
            benchmark => benchmark!["Metrics"]!.AsArray().ToDictionary(
                metric => (string)metric!["Descriptor"]!["Id"]!, metric => (double)metric!["Value"]!));
        Assert.Equal(["Call", "Concatenate", "Reverse"], counted.Keys.Order());
        Assert.All(counted.Values, metrics => Assert.Equal(metrics["commands"], metrics["kernels"] + metrics["copies"]));
        Assert.All(counted.Values, metrics => Assert.True(metrics["working_bytes"] > 0));
        Assert.Equal((1, 1, 0), (counted["Reverse"]["commands"], counted["Reverse"]["kernels"], counted["Reverse"]["copies"]));
        Assert.Equal(0, counted["Concatenate"]["kernels"]);
        Assert.True(counted["Call"]["commands"] > 50);
    }

    [Fact]
    public void WhyABenchmarkFailedIsSaid()
    {
        var failures = new List<string>();
        using var progress = Progress.Start(TextWriter.Null, quiet: true);
        var events = new MicroProgress(progress, 3, failures, default);
        var config = MicroCommand.Config(MicroCommand.Length.Dry, [])
            .WithOptions(ConfigOptions.DisableOptimizationsValidator)
            .AddEventProcessor(events).AddLogger(events.Log).WithArtifactsPath(_temporary.At("reports"));
        var summary = BenchmarkRunner.Run(BenchmarkConverter.TypeToBenchmarks(typeof(FailingBenchmarks), config));
        Assert.Equal("Failing.Fine", MicroCommand.Name(Assert.Single(summary.Reports, report => report.Success).BenchmarkCase));
        Assert.Equal(
            [
                "Failing.AtOnce failed: System.InvalidOperationException: no such kernel.",
                "Failing.InSetup failed: Engine.Kernels.DeviceException: Device 'odd' failed: off the bus. What it held is lost.",
            ],
            failures.Order());
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Public, as BenchmarkDotNet wants it.</summary>
public class FailingBenchmarks
{
    [GlobalSetup(Target = nameof(InSetup))]
    public void Open() => throw new DeviceException("odd", new IOException("off the bus."));

    [Benchmark]
    public void AtOnce() => throw new InvalidOperationException("no such kernel");

    [Benchmark]
    public void Fine()
    {
    }

    [Benchmark]
    public void InSetup()
    {
    }
}
