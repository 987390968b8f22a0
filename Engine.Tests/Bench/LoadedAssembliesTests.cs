using System.Reflection;
using System.Runtime.Loader;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Whoever computes on the processor does not wait for ILGPU to load.</summary>
public sealed class LoadedAssembliesTests
{
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

    [Fact]
    public void AGpuDoes() => Assert.Contains("ILGPU", LoadedBy("check", "--device", "cuda:77"));

    // The names of the assemblies that the program loads when it starts afresh, apart from the framework's.
    private static List<string> LoadedBy(params string[] args)
    {
        using var folder = new TemporaryFolder();
        var apart = new Apart();
        var main = apart.LoadFromAssemblyPath(typeof(Program).Assembly.Location).GetType(typeof(Program).FullName!)!.GetMethod("Run")!;
        using StringWriter output = new(), error = new();
        string[] placed = [.. args.Select(word => word == "RUN" ? folder.At("run") : word)];
        object code = main.Invoke(null, [placed, output, error, CancellationToken.None])!;
        Assert.True((int)code is ExitCodes.Ok || placed.Contains("cuda:77"), error.ToString());
        List<string> names = [.. apart.Assemblies.Select(assembly => assembly.GetName().Name!)];
        apart.Unload();
        return names;
    }

    // Loads what stands beside the program once more, apart from the copies that the tests use.
    private sealed class Apart() : AssemblyLoadContext("apart", isCollectible: true)
    {
        private readonly AssemblyDependencyResolver _places = new(typeof(Program).Assembly.Location);

        protected override Assembly? Load(AssemblyName name)
            => _places.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;
    }
}
