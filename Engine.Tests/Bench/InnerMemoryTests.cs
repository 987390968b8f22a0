using System.Diagnostics;
using System.Text.Json.Nodes;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Kernels.Cpu;
using Engine.RL.Meta;
using Engine.RL.Training;
using Engine.Tests.Core;
using Engine.Tests.RL;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>The memory of inner updates that a run gets by itself, and keeps.</summary>
public sealed class InnerMemoryTests : IDisposable
{
    private const string Snake
        = "snake --grid 4 --step-limit 9 --envs 16 --rollout 10 --log-every 1 --threads 1 --method 60 --anneal false --points 0";

    private const string Small
        = "snake --grid 4 --step-limit 9 --envs 2 --rollout 3 --log-every 3 --threads 1 --method 2 --anneal false --points 0";

    private readonly TemporaryFolder _temporary = new();
    private readonly CpuDevice _device = new(2);

    public void Dispose()
    {
        _device.Dispose();
        _temporary.Dispose();
    }

    [Theory]
    [InlineData("2", 1)]
    [InlineData("trace-2", 1)]
    [InlineData("1-mix", 3)]
    public void MemoryIsPlainAsLongAsAllThatRunsAtOnceFits(string method, int parallel)
    {
        AgentRun[] runs = [.. Enumerable.Range(0, 4).Select(seed => new AgentRun(method, seed, SmallSnake.Settings))];
        long one = new AgentTraining(runs[..1], _device).Plan(), most = AgentRuns.Plan(runs, _device, 2, parallel);
        Assert.Equal(parallel * (one / 4 * 5), most);
        Assert.Equal((LoopMemory.Plain, ""), Choose(runs, most, parallel));
        var (memory, said) = Choose(runs, most - 1, parallel);
        Assert.Equal(LoopMemory.Mixed, memory);
        Assert.Matches(@"^Inner updates get mixed memory: plain may take \d\.\d GiB, and \d\.\d are free\.\n$", said);
    }

    // Of several methods those count that take the most, as many as run at once.
    [Fact]
    public void MethodsCountThatTakeTheMost()
    {
        AgentRun[] runs = [.. ((string[])["1", "3", "0", "2"]).Select(method => new AgentRun(method, 0, SmallSnake.Settings))];
        long[] alone = [.. runs.Select(run => AgentRuns.Plan([run], _device, 1, 1))];
        Assert.Equal([2, 0, 3, 1], alone.Index().OrderBy(need => need.Item).Select(need => need.Index));
        Assert.Equal(alone[1], AgentRuns.Plan(runs, _device, 1, 1));
        Assert.Equal(alone[1] + alone[3], AgentRuns.Plan(runs, _device, 2, 2));
    }

    [Theory]
    [InlineData("0", Differentiation.Reverse)]
    [InlineData("2", Differentiation.Forward)]
    public void WhereNothingIsKeptThereIsNothingToChoose(string method, Differentiation differentiation)
    {
        AgentRun[] runs = [new(method, 0, SmallSnake.Settings with { Differentiation = differentiation })];
        Assert.Equal((LoopMemory.Plain, ""), Choose(runs, 0, 1));
        Assert.False(InnerMemory.IsPlain(runs));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(LoopMemory.Auto, true)]
    [InlineData(LoopMemory.Plain, true)]
    [InlineData(LoopMemory.Mixed, false)]
    public void TheRemedyIsNamedWhereItIsOne(LoopMemory? memory, bool isOne)
    {
        var settings = SmallSnake.Settings with { Memory = memory };
        Assert.Equal(isOne, InnerMemory.IsPlain([new("0", 0, settings), new("1", 0, settings)]));
    }

    [Fact]
    public void WhatFitsIsPlainAndRecordedSo()
    {
        TrainedFolder.Run($"{Small} --frames 24 --out {At("auto")}");
        TrainedFolder.Run($"{Small} --frames 24 --memory plain --out {At("plain")}");
        TrainedFolder.AssertSame(At("plain"), At("auto"));
        Assert.Equal("plain", Memory("auto"));
    }

    // The garbage collector's limit is all that a process has, which is told before it runs.
    [Fact]
    public void WhatDoesNotFitIsMixedAndStaysSo()
    {
        string said = RunWithin(64 << 20, $"{Snake} --frames 160 --out {At("auto")}");
        Assert.StartsWith("Inner updates get mixed memory: plain may take 0.", said);
        TrainedFolder.Run($"{Snake} --memory mixed --frames 160 --out {At("mixed")}");
        TrainedFolder.AssertSame(At("mixed"), At("auto"));
        foreach (string given in (string[])["", " --memory auto"])
            TrainedFolder.Run($"snake --resume{given} --out {At("auto")}");
        TrainedFolder.AssertSame(At("mixed"), At("auto"));
        var (code, _, error) = TrainedFolder.Try($"snake --resume --memory plain --out {At("auto")}");
        Assert.Equal(ExitCodes.UserError, code);
        Assert.StartsWith("--resume: The checkpoint was saved with other settings: memory: \"mixed\" in the checkpoint", error);

        // Agents that go on elsewhere may have another, but not more than these.
        TrainedFolder.Run($"snake --fork {At("auto")} --frames 480 --method 1 --out {At("fork")}");
        Assert.Equal("mixed", Memory("fork"));
    }

    [Fact]
    public void AForkOfWhatFitsIsMixedWhereItDoesNot()
    {
        TrainedFolder.Run($"{Snake.Replace("--method 60", "--method 1")} --frames 160 --out {At("a")}");
        string said = RunWithin(64 << 20, $"snake --fork {At("a")} --frames 320 --method 60 --out {At("fork")}");
        Assert.StartsWith("Inner updates get mixed memory", said);
        Assert.Equal(("plain", "mixed"), (Memory("a"), Memory("fork")));
    }

    // Runs of versions without the setting, or with none that was not given, are plain.
    [Theory]
    [InlineData("")]
    [InlineData("\n  \"memory\": null,")]
    public void EarlierRunsGoOnAsTheyBegan(string recorded)
    {
        TrainedFolder.Run($"{Small} --memory plain --frames 48 --out {At("whole")}");
        TrainedFolder.Run($"{Small} --memory plain --frames 24 --out {At("a")}");
        const string plain = "\n  \"memory\": \"plain\",";
        string config = File.ReadAllText(At("a/config.json")), file = At("a/2-0/checkpoint.safetensors");
        Assert.Contains(plain, config);
        File.WriteAllText(At("a/config.json"), config.Replace(plain, recorded));
        var (run, snapshot) = AgentFolder.Load(file);
        SnapshotFile.Save(file, snapshot, Json.Write(run).Replace(plain.Replace("  ", "    "), recorded.Replace("  ", "    ")));
        Assert.Equal(recorded == "" ? LoopMemory.Auto : null, AgentFolder.Load(file).Run.Settings.Memory);
        string said = TrainedFolder.Run($"snake --resume --memory auto --frames 48 --out {At("a")}");
        Assert.StartsWith("Goes on: frames from 24 to 48.", said);
        Assert.Equal(File.ReadAllLines(At("whole/metrics.csv")).Select(Cells), File.ReadAllLines(At("a/metrics.csv")).Select(Cells));
        Assert.NotEqual("plain", Memory("a"));

        static string Cells(string line) => line[..line.LastIndexOf(',')];
    }

    private (LoopMemory Memory, string Said) Choose(AgentRun[] runs, long free, int parallel)
    {
        using var output = new StringWriter { NewLine = "\n" };
        return (InnerMemory.Choose(runs, _device, 2, parallel, output, free), output.ToString());
    }

    private static string RunWithin(long bytes, string line)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(Program).Assembly.Location, .. line.Split(' '), "--quiet"])
        {
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_GCHeapHardLimit"] = $"{bytes:x}" },
        };
        using var process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(ExitCodes.Ok, process.ExitCode);
        return said;
    }

    private string? Memory(string folder) => (string?)JsonNode.Parse(File.ReadAllText(At($"{folder}/config.json")))!["memory"];

    private string At(string name) => _temporary.At(name);
}
