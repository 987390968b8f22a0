using System.Reflection;
using System.Runtime.Loader;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Whoever computes on the processor does not wait for ILGPU to load, nor who draws nothing for ScottPlot.</summary>
public sealed class LoadedAssembliesTests
{
    private static readonly string[] s_mrp =
    [
        "mrp", "--iterations", "2", "--seeds", "1", "--monte-carlo", "2", "--batch", "2", "--look-ahead", "1,2-mix", "--quiet",
        "--out", "RUN",
    ];

    [Theory]
    [InlineData("--help")]
    [InlineData("mrp", "--help")]
    [InlineData("check")]
    [InlineData(
        "mrp", "--iterations", "2", "--seeds", "1", "--monte-carlo", "2", "--batch", "2", "--look-ahead", "1,2-mix", "--quiet",
        "--out", "RUN")]
    [InlineData(
        "snake", "--grid", "4", "--method", "2-mix", "--frames", "32", "--envs", "2", "--rollout", "4", "--step-limit", "40", "--quiet",
        "--out", "RUN")]
    [InlineData(
        "train", "--env", "catch", "--method", "2", "--frames", "32", "--envs", "2", "--rollout", "4", "--quiet", "--out", "RUN")]
    [InlineData("workloads", "--only", "snake-act-n32", "--repeats", "1")]
    public void TheProcessorNeedsNoIlgpu(params string[] args)
        => Assert.DoesNotContain(LoadedBy(args), name => name.StartsWith("ILGPU", StringComparison.Ordinal));

    [Theory]
    [InlineData("--help")]
    [InlineData("mrp", "--help")]
    public void WhoDrawsNothingNeedsNoScottPlot(params string[] args)
        => Assert.DoesNotContain(LoadedBy(args), name => name is "ScottPlot" or "SkiaSharp");

    [Fact]
    public void WhereThePictureLibraryIsMissingAllElseIsWritten()
    {
        using var folder = new TemporaryFolder();
        var (code, output, error, names) = Run(new Apart(), [.. s_mrp.SkipLast(1), folder.At("run")]);
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("ScottPlot", names);
        Assert.Matches(@"^The figure figure4\.svg and figure4\.png can't be drawn .+ \(.+\); all else is written\.$", error.Trim());
        Assert.Contains("config.json, metrics.csv, summary.json (", output);
        Assert.Equal(
            ["checkpoint.safetensors", "config.json", "metrics.csv", "summary.json"],
            Directory.GetFiles(folder.At("run")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void AGpuDoes() => Assert.Contains("ILGPU", LoadedBy("check", "--device", "cuda:77"));

    // The names of the assemblies that the program loads when it starts afresh, apart from the framework's.
    private static List<string> LoadedBy(params string[] args)
    {
        using var folder = new TemporaryFolder();
        string[] placed = [.. args.Select(word => word == "RUN" ? folder.At("run") : word)];
        var (code, _, error, names) = Run(new Apart(), placed);
        Assert.True(code is ExitCodes.Ok || placed.Contains("cuda:77"), error);
        return names;
    }

    private static (int Code, string Output, string Error, List<string> Assemblies) Run(Apart apart, string[] args)
    {
        var main = apart.LoadFromAssemblyPath(typeof(Program).Assembly.Location).GetType(typeof(Program).FullName!)!.GetMethod("Run")!;
        using StringWriter output = new(), error = new();
        object code = main.Invoke(null, [args, output, error, CancellationToken.None])!;
        List<string> names = [.. apart.Assemblies.Select(assembly => assembly.GetName().Name!)];
        apart.Unload();
        return ((int)code, output.ToString(), error.ToString(), names);
    }

    // Loads what stands beside the program once more, apart from the copies that the tests use; but no native library, since two copies of
    // Skia would call each other's functions.
    private sealed class Apart() : AssemblyLoadContext("apart", isCollectible: true)
    {
        private readonly AssemblyDependencyResolver _places = new(typeof(Program).Assembly.Location);

        protected override Assembly? Load(AssemblyName name)
            => _places.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;

        protected override nint LoadUnmanagedDll(string unmanagedDllName)
            => throw new DllNotFoundException($"Unable to load shared library '{unmanagedDllName}'. Other words.");
    }
}
