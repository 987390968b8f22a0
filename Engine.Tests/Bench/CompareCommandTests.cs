using System.Text.Json.Nodes;
using System.Xml.Linq;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class CompareCommandTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void TableFilesAndExitCodeSayWhatCameOut()
    {
        string folder = _temporary.At("out");
        var (code, output, error) = Run(
            "compare", "--devices", "cpu@1,cpu@2", "--only", "matmul-640x288x40,Tanh,PowerDerivative", "--repeats", "2", "--limit", "5",
            "--out", folder);
        Assert.True(code == ExitCodes.Ok, error);
        Assert.Contains("7 of 7 comparisons with cpu@1 agree.", output);
        Assert.Matches(@"\| Tanh +\| elementwise +\| cpu@2 +\|", output);
        Assert.Contains("workloads  1/1", error);
        Assert.Contains("operations  3/3", error);

        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "compare.json")))!;
        Assert.Equal("cpu@1", (string)json["reference"]!);
        Assert.True((bool)json["complete"]! && (bool)json["passed"]!);
        Assert.Equal([1, 2], json["devices"]!.AsArray().Select(device => (int)device!["concurrency"]!));
        Assert.All(json["devices"]!.AsArray(), device => Assert.InRange((double)device!["flops-per-second"]!, 1e7, 1e15));
        Assert.All(json["devices"]!.AsArray(), device => Assert.InRange((double)device!["bytes-per-second"]!, 1e7, 1e14));
        var workload = Assert.Single(json["workloads"]!.AsArray())!;
        Assert.Equal(2.0 * 640 * 288 * 40, (double)workload["float-operations"]!);
        Assert.Equal(4.0 * ((640 * 288) + (288 * 40) + (640 * 40)), (double)workload["bytes"]!);
        var (first, second) = (workload["outcomes"]![0]!, workload["outcomes"]![1]!);
        Assert.Null(first["difference"]);
        Assert.Equal(0, (double)second["difference"]!);
        Assert.Equal((double)second["median-ms"]! / (double)first["median-ms"]!, (double)second["ratio"]!, 1e-9);
        double least = (double)workload["float-operations"]! / (double)json["devices"]![0]!["flops-per-second"]!;
        Assert.InRange((double)first["share-of-peak"]!, 0.999 * least / ((double)first["median-ms"]! / 1000), double.MaxValue);

        // Each case of each operation in two element types, with the tolerance of the type.
        var operations = json["operations"]!.AsArray();
        Assert.Equal(
            [("Float64", 1e-10), ("Float32", 1e-5), ("Float64", 1e-10), ("Float32", 1e-5), ("Float64", 1e-10), ("Float32", 1e-5)],
            operations.Select(operation => ((string)operation!["type"]!, (double)operation["tolerance"]!)));
        Assert.Equal(1 + (2 * 7), File.ReadAllLines(Path.Combine(folder, "compare.csv")).Length);
        Assert.Contains(
            XDocument.Load(Path.Combine(folder, "compare.svg")).Descendants(),
            element => element.Name.LocalName == "text" && element.Value == "matmul-640x288x40");

        // An earlier comparison is not lost by mistake, nor is another run's checkpoint when it is meant to go.
        string checkpoint = Path.Combine(folder, "checkpoint.safetensors");
        File.WriteAllText(checkpoint, "of another run");
        (code, _, error) = Run("compare", "--devices", "cpu@1,cpu@2", "--part", "operations", "--only", "Exp", "--out", folder);
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Contains("give --overwrite", error);
        (code, _, _) = Run(
            "compare", "--devices", "cpu@1,cpu@2", "--part", "operations", "--only", "Exp", "--out", folder, "--overwrite", "--quiet");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.True(File.Exists(checkpoint));
    }

    [Fact]
    public void WhereNothingCouldBeComparedTheCheckFails()
    {
        var (code, output, _) = Run(
            "compare", "--devices", "cpu@1,cpu@2", "--only", "sum-16m", "--limit", "1e-6", "--quiet", "--out", _temporary.At("out"));
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Contains("skipped: over", output);
    }

    [Fact]
    public void AnInterruptionKeepsWhatThereIs()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        string folder = _temporary.At("out");
        string[] command = ["compare", "--devices", "cpu@1,cpu@2", "--only", "Exp", "--out", folder];
        int code = Program.Run(command, output, error, new CancellationToken(true));
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.StartsWith($"Interrupted; what there was until then is in {folder}: ", error.ToString());
        Assert.False((bool)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "compare.json")))!["complete"]!);
    }

    [Theory]
    [InlineData("--devices names cpu alone", "--devices", "cpu")]
    [InlineData("--devices names cpu@1 twice", "--devices", "cpu@1,cpu@2,cpu@1")]
    [InlineData("Device 'gpu' is unknown", "--devices", "cpu,gpu")]
    [InlineData("'cpu@0': behind @", "--devices", "cpu,cpu@0")]
    [InlineData("'cpu@1@2': behind @", "--devices", "cpu,cpu@1@2")]
    [InlineData("'cuda:0@2': behind @", "--devices", "cpu,cuda:0@2")]
    [InlineData("is 100000, but must be", "--devices", "cpu,cpu@100000")]
    [InlineData("there is no 'tanh'; did you mean 'Tanh'?", "--only", "Exp,tanh")]
    [InlineData("there is no 'Tanh'; there are", "--only", "Tanh", "--part", "workloads")]
    [InlineData("'some' is not one of all, workloads, operations", "--part", "some")]
    [InlineData("--repeats is 0", "--repeats", "0")]
    [InlineData("--limit is 0", "--limit", "0")]
    [InlineData("--limit is NaN", "--limit", "NaN")]
    [InlineData("--threads is -1", "--threads", "-1")]
    public void MistakesAreNamedBeforeAnythingIsWritten(string part, params string[] args)
    {
        string folder = _temporary.At("out");
        var (code, output, error) = Run(["compare", .. args, "--out", folder]);
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Contains(part, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(folder));
    }

    private static (int Code, string Output, string Error) Run(params string[] args) => ProgramTests.Run(args);
}
