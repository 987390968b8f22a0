using System.Text.Json.Nodes;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL.Experiments;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>The folder of a command that trains agents.</summary>
internal static class TrainedFolder
{
    /// <summary>Runs a command to its end, which must be a good one, and returns what it printed.</summary>
    public static string Run(string line)
    {
        var (code, output, error) = Try($"{line} --quiet");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        return output;
    }

    /// <summary>Runs a command.</summary>
    public static (int Code, string Output, string Error) Try(string line)
    {
        using StringWriter output = new(), error = new();
        int code = Program.Run(line.Split(' '), output, error, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Copies a folder with all that is in it.</summary>
    public static void Copy(string folder, string to)
    {
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>Fails unless two folders have the same files with the same contents, but for the pace.</summary>
    public static void AssertSame(string expected, string actual)
    {
        Assert.Equal(Names(expected), Names(actual));
        AssertSameText("config.json");
        AssertSameText("figure3.svg");
        AssertSameMetrics("metrics.csv");
        Assert.Equal(Summary(expected), Summary(actual));
        foreach (string agent in Names(expected).Where(name => Directory.Exists($"{expected}/{name}")))
        {
            Assert.Equal(Names($"{expected}/{agent}"), Names($"{actual}/{agent}"));
            AssertSameMetrics($"{agent}/metrics.csv");
            foreach (string file in Names($"{expected}/{agent}").Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal)))
            {
                var (run, snapshot) = AgentFolder.Load($"{expected}/{agent}/{file}");
                var (otherRun, other) = AgentFolder.Load($"{actual}/{agent}/{file}");
                Assert.Equal(Json.Write(run), Json.Write(otherRun));
                AssertSame(snapshot, other);
            }
        }

        void AssertSameText(string file) => Assert.Equal(File.ReadAllText($"{expected}/{file}"), File.ReadAllText($"{actual}/{file}"));

        void AssertSameMetrics(string file) => Assert.Equal(Cells($"{expected}/{file}"), Cells($"{actual}/{file}"));
    }

    /// <summary>Fails unless two snapshots are the same, but for the pace.</summary>
    public static void AssertSame(ExperimentSnapshot expected, ExperimentSnapshot actual)
    {
        Assert.Equal((expected.Part, expected.Iteration), (actual.Part, actual.Iteration));
        Assert.Equal(expected.Rows.SelectMany(Numbers), actual.Rows.SelectMany(Numbers));
        Assert.Equal(expected.Tensors.Keys, actual.Tensors.Keys);
        Assert.All(expected.Tensors, tensor => Assert.True(tensor.Value == actual.Tensors[tensor.Key], tensor.Key));

        static IEnumerable<double> Numbers(MetricRow row) => [row.Seed, row.Iteration, .. row.Values[..^1]];
    }

    private static string[] Names(string folder)
        => [.. Directory.GetFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Cells(string file) => File.ReadAllLines(file).SelectMany(line => line.Split(',')[..^1]);

    private static string Summary(string folder)
    {
        var summary = JsonNode.Parse(File.ReadAllText($"{folder}/summary.json"))!;
        foreach (var method in summary["methods"]!.AsArray())
            Assert.True(method!.AsObject().Remove("frames-per-second"));
        return summary.ToJsonString();
    }
}
