using System.Text.Json.Nodes;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.Kernels;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

/// <summary>Runs that go on for longer than they were to, or elsewhere with other settings.</summary>
public sealed class LongerRunTests : IDisposable
{
    private const string Snake
        = "snake --grid 4 --step-limit 9 --envs 2 --rollout 3 --log-every 3 --threads 1 --method 2 --anneal false --points 0";

    private const string Mrp = "mrp --look-ahead 0,2,1-mix --seeds 2 --monte-carlo 2 --batch 4 --log-every 3 --threads 1";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    // Rows of metrics come after each third update: an old end lies between two, or not.
    [Theory]
    [InlineData(18)]
    [InlineData(24)]
    public void AnExtendedTrainingIsTheLongOne(int frames)
    {
        TrainedFolder.Run($"{Snake} --frames 48 --seeds 2 --out {At("whole")}");
        TrainedFolder.Run($"{Snake} --frames {frames} --seeds 2 --out {At("parts")}");
        string printed = TrainedFolder.Run($"snake --resume --frames 48 --out {At("parts")}");
        Assert.StartsWith($"Goes on: frames from {frames} to 48.", printed);
        Assert.DoesNotContain("step size", printed);
        TrainedFolder.AssertSame(At("whole"), At("parts"));
    }

    [Fact]
    public void AWideAgentGoesOnAndPlays()
    {
        TrainedFolder.Run($"{Snake} --width 2 --frames 24 --out {At("whole")}");
        TrainedFolder.Run($"{Snake} --width 2 --frames 12 --out {At("parts")}");
        TrainedFolder.Run($"snake --resume --frames 24 --out {At("parts")}");
        TrainedFolder.AssertSame(At("whole"), At("parts"));
        var tensors = AgentFolder.Find(At("parts"), null).Load().Snapshot.Tensors;
        Assert.Equal([3, 3, 64, 64], tensors["Inner.Parameters.Trunk.Second.Weights"].Shape);
        foreach (string command in (string[])["play", "evaluate --episodes 2"])
        {
            var (code, output, _) = TrainedFolder.Try($"{command} {At("parts")}");
            Assert.Equal(ExitCodes.Ok, code);
            Assert.Contains("2-0 after 24 frames", output);
        }

        var (refused, _, error) = TrainedFolder.Try($"snake --resume --width 1 --out {At("parts")}");
        Assert.Equal(ExitCodes.UserError, refused);
        Assert.Contains("with other settings: width", error);
    }

    [Fact]
    public void WithMixedMemoryToo()
    {
        string mixed = $"{Snake} --memory mixed";
        TrainedFolder.Run($"{mixed} --frames 48 --out {At("whole")}");
        TrainedFolder.Run($"{mixed} --frames 18 --out {At("parts")}");
        TrainedFolder.Run($"snake --resume --frames 48 --out {At("parts")}");
        TrainedFolder.AssertSame(At("whole"), At("parts"));
        AssertMistake(
            $"snake --resume --memory plain --out {At("parts")}",
            "--resume: The checkpoint was saved with other settings: memory: \"mixed\" in the checkpoint, \"plain\" now. Give those, or "
            + "start anew in another folder with --out.");
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void AnExtendedProcessIsTheLongOne(int iterations)
    {
        TrainedFolder.Run($"{Mrp} --iterations 11 --out {At("whole")}");
        TrainedFolder.Run($"{Mrp} --iterations {iterations} --out {At("parts")}");
        Assert.StartsWith(
            $"Goes on: iterations from {iterations} to 11.", TrainedFolder.Run($"mrp --resume --iterations 11 --out {At("parts")}"));
        AssertSameFiles("whole", "parts");
    }

    [Fact]
    public void AnAnnealedRunSaysWhatBecomesOfItsStepSize()
    {
        string annealed = Snake.Replace("--anneal false", "--anneal true");
        TrainedFolder.Run($"{annealed} --frames 24 --out {At("a")}");
        Assert.Contains(
            "The step size now falls to 0 over all frames: it goes on higher than it ended.",
            TrainedFolder.Run($"snake --resume --frames 48 --out {At("a")}"));
    }

    [Fact]
    public void PointsOfALongerRunAreJudgedTogether()
    {
        string kept = Snake.Replace("--points 0", "--points 2");
        TrainedFolder.Run($"{kept} --frames 24 --out {At("a")}");
        TrainedFolder.Run($"snake --resume --frames 48 --out {At("a")}");
        TrainedFolder.Run($"variance {At("a")} --methods 1 --replicates 2 --oracle 1 --threads 1 --out {At("v")}");
        string[] judged = ["1,0,1", "1,0,3", "1,0,6"];
        Assert.Equal(judged, File.ReadAllLines(At("v/metrics.csv"))[1..].Select(line => string.Join(',', line.Split(',')[..3])));
    }

    [Fact]
    public void PointsOfALongerBiasVarianceLieAhead()
    {
        const string Judge = "bias-variance --look-ahead 1,2 --oracle 2 --seeds 1 --replicates 2 --batch 4 --points 2 --threads 1";
        TrainedFolder.Run($"{Judge} --iterations 4 --out {At("a")}");
        TrainedFolder.Run($"bias-variance --resume --iterations 10 --out {At("a")}");
        var iterations = File.ReadAllLines(At("a/metrics.csv"))[1..].Select(line => line.Split(',')[2]).Distinct();
        Assert.Equal(["2", "4", "5", "10"], iterations);
    }

    // Checkpoints of earlier versions lack the number of points.
    [Fact]
    public void PointsOfEarlierVersionsAreKept()
    {
        string kept = Snake.Replace("--points 0", "--points 2");
        TrainedFolder.Run($"{kept} --frames 24 --out {At("a")}");
        string file = At("a/2-0/checkpoint.safetensors");
        var (run, end) = AgentFolder.Load(file);
        var earlier = end with { Tensors = end.Tensors.Where(tensor => tensor.Key != "points").ToDictionary() };
        SnapshotFile.Save(file, earlier, Json.Write(run));
        byte[] first = File.ReadAllBytes(At("a/2-0/point-0001.safetensors"));
        TrainedFolder.Run($"snake --resume --frames 48 --out {At("a")}");
        Assert.Equal(first, File.ReadAllBytes(At("a/2-0/point-0001.safetensors")));
        var points = Directory.GetFiles(At("a/2-0"), "point-*").Order().Select(point => AgentFolder.Load(point).Snapshot.Iteration);
        Assert.Equal([1, 3, 6], points);
    }

    // Whatever can't go on leaves the settings, and with them the length to go on with.
    [Fact]
    public void ARefusedExtensionChangesNothing()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("a")}");
        string config = File.ReadAllText(At("a/config.json")), checkpoint = At("a/2-0/checkpoint.safetensors");
        byte[] whole = File.ReadAllBytes(checkpoint);
        File.WriteAllBytes(checkpoint, whole[..100]);
        Assert.Contains("is truncated or corrupt", TrainedFolder.Try($"snake --resume --frames 48 --out {At("a")} --quiet").Error);
        Assert.Equal(config, File.ReadAllText(At("a/config.json")));
        File.WriteAllBytes(checkpoint, whole);
        TrainedFolder.Run($"snake --resume --out {At("a")}");

        TrainedFolder.Run($"{Mrp} --iterations 3 --out {At("mrp")}");
        config = File.ReadAllText(At("mrp/config.json"));
        checkpoint = At("mrp/checkpoint.safetensors");
        var (end, settings) = SnapshotFile.Load(checkpoint);
        var alone = end.Tensors.Where(tensor => !char.IsDigit(tensor.Key[0])).ToDictionary();
        SnapshotFile.Save(checkpoint, end with { Tensors = alone }, settings);
        AssertMistake(
            $"mrp --resume --iterations 5 --out {At("mrp")}",
            "The checkpoint has no learners of method 0 that could go on: begin anew.");
        Assert.Equal(config, File.ReadAllText(At("mrp/config.json")));
        TrainedFolder.Run($"mrp --resume --out {At("mrp")}");
    }

    [Fact]
    public void SettingsWrittenByHandGoOn()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("a")}");
        string config = File.ReadAllText(At("a/config.json")).Replace("\"frames\": 24,", "\"frames\": \"0.024k\", // not many");
        File.WriteAllText(At("a/config.json"), config);
        TrainedFolder.Run($"snake --resume --out {At("a")}");
        Assert.Equal(config, File.ReadAllText(At("a/config.json")));
        File.WriteAllText(At("a/config.json"), new string(' ', 1 << 21));
        AssertMistake(
            $"snake --resume --out {At("a")}",
            $"--resume: {At("a/config.json")}: this is longer than a MiB, and so no file of settings. "
            + "A run of this command can't go on from it: name another folder, or start anew.");
    }

    [Theory]
    [InlineData("snake", "frames", "48", "47")]
    [InlineData("mrp", "iterations", "3", "2")]
    public void NoRunBecomesShorter(string command, string setting, string before, string now)
    {
        TrainedFolder.Run($"{(command == "mrp" ? Mrp : Snake)} --{setting} {before} --out {At("a")}");
        string config = File.ReadAllText(At("a/config.json"));
        AssertMistake(
            $"{command} --resume --{setting} {now} --out {At("a")}",
            $"--resume: {setting} is {now}, but must be at least {before}, as it was before: it may grow, not shrink.");
        Assert.Equal(config, File.ReadAllText(At("a/config.json")));
    }

    [Fact]
    public void ResumeBeginsWhereThereIsNoRun()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("whole")}");
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("parts")} --resume");
        TrainedFolder.AssertSame(At("whole"), At("parts"));
        TrainedFolder.Run($"{Mrp} --iterations 2 --out {At("mrp")} --resume");
        File.WriteAllText(Directory.CreateDirectory(At("others")).FullName + "/notes.txt", "mine");
        AssertMistake(
            $"{Snake} --resume --out {At("others")}",
            $"--resume: {At("others")} has no config.json, but notes.txt: "
            + "name another folder with --out, or give --overwrite to start anew.");
    }

    // Another method that looks no further than the last one learns what that one learned.
    [Fact]
    public void AForkWithTheSameSettingsGoesOnAsTheRunItself()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --seed 3 --seeds 2 --out {At("a")}");
        TrainedFolder.Run($"snake --fork {At("a")} --frames 48 --out {At("fork")}");
        TrainedFolder.Run($"snake --resume --frames 48 --out {At("a")}");
        foreach (string agent in (string[])["2-3", "2-4"])
        {
            var expected = AgentFolder.Load(At($"a/{agent}/checkpoint.safetensors")).Snapshot;
            var actual = AgentFolder.Load(At($"fork/{agent}/checkpoint.safetensors")).Snapshot;
            Assert.Equal(8, actual.Iteration);
            string[] learned = [.. expected.Tensors.Keys.Except(["pending", "points", "deviations"])];
            Assert.All(learned, name => Assert.True(expected.Tensors[name] == actual.Tensors[name], name));
        }

        var config = JsonNode.Parse(File.ReadAllText(At("fork/config.json")))!;
        Assert.Equal(At("a"), (string?)config["fork"]);
        Assert.Equal((3, 2, "2"), ((int)config["seed"]!, (int)config["seeds"]!, (string)config["method"]!));
        string[] updates = [.. File.ReadAllLines(At("fork/2-3/metrics.csv"))[1..].Select(line => line.Split(',')[0])];
        Assert.Equal(["6", "8"], updates);
    }

    [Fact]
    public void SeveralAgentsGoOnFromOneInOtherWays()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("a")}");
        string other = "--seeds 2 --method 3-mix --entropy 0.2 --learn gamma";
        TrainedFolder.Run($"snake --fork {At("a/2-0")} --frames 48 {other} --out {At("fork")}");
        string[][] rows = [.. File.ReadAllLines(At("fork/metrics.csv"))[1..].Select(line => line.Split(','))];
        Assert.All(rows, row => Assert.Equal(0.2, double.Parse(row[10]), 6));
        Assert.NotEqual(rows[0][12], rows[^1][12]);
        Assert.Equal(["3-mix", "0", "6"], rows[0][..3]);
        Assert.Equal("3-mix", rows[^1][0]);

        // An agent of theirs that has a checkpoint needs theirs no more.
        Directory.Delete(At("a"), recursive: true);
        TrainedFolder.Run($"snake --resume --frames 60 --out {At("fork")}");
    }

    [Theory]
    [InlineData(
        "", "--fork: frames is 24, but must be more than 24: so many has the agent already that this one goes on from, and they count.")]
    [InlineData("--frames 48 --envs 3", "--fork: envs is 3, but must be 2, as it is of the agent that this one goes on from.")]
    [InlineData("--frames 48 --width 2", "--fork: width is 2, but must be 1, as it is of the agent that this one goes on from.")]
    [InlineData("--frames 48 --grid 5", "--fork: grid is 5x5, but must be 4x4, as it is of the agent that this one goes on from.")]
    [InlineData("--frames 48 --env catch", "step-limit is 9, but episodes of catch end by themselves: leave it out.")]
    [InlineData(
        "--frames 48 --inner-optimiser sgd",
        "--fork: inner-optimiser is sgd, but must be adam, as it is of the agent that this one goes on from.")]
    [InlineData(
        "--frames 48 --seed 1",
        "--fork RUN: there is no agent of seed 2 among 2-0, 2-1: give --seed and --seeds of those there are, or name the folder of one.")]
    public void ForksThatDoNotFitAreRefused(string options, string expected)
    {
        TrainedFolder.Run($"{Snake} --frames 24 --seeds 2 --out {At("a")}");
        AssertMistake(
            $"train --fork {At("a")} {options} --out {At("fork")}".Replace("  ", " "), expected.Replace("RUN", At("a")));
        Assert.False(Directory.Exists(At("fork")));
        AssertMistake(
            $"snake --fork {At("a")} --frames 48 --overwrite --out {At("a/2-0")}",
            $"--out {At("a/2-0")}: the agents that are forked are there; name another folder.");
    }

    // Whatever leads there: a link to the folder of the agents, to one above it, or to a checkpoint.
    [Fact]
    public void ForksThroughLinksLeaveTheirSource()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("b/a")}");
        Directory.CreateSymbolicLink(At("one"), At("b/a"));
        Directory.CreateSymbolicLink(At("above"), "b");
        File.CreateSymbolicLink(At("file"), At("above/a/2-0/checkpoint.safetensors"));
        foreach (var (fork, to) in ((string, string)[])[("one", "b/a"), ("b/a", "one"), ("above/a/2-0", "b/a"), ("b/a", "above/a/2-0"),
            ("file", "b/a")])
        {
            AssertMistake(
                $"snake --fork {At(fork)} --frames 48 --overwrite --out {At(to)}",
                $"--out {At(to)}: the agents that are forked are there; name another folder.");
        }

        Assert.Equal(4, AgentFolder.Load(At("file")).Snapshot.Iteration);
    }

    [Fact]
    public void WhatFitsIsWhatAForkBeginsWith()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("a")}");
        var forked = ForkedRun.Find(At("a"));
        var run = forked.Agents.First with { Method = "1" };
        run = run with { Settings = run.Settings with { Frames = 48 } };
        var begun = forked.Begin(run);
        Directory.Delete(At("a"), recursive: true);
        Assert.Same(begun, forked.Begin(run));
    }

    // What is behind an agent goes with it, unless it did not look back, or something else is learned: then there is nothing behind.
    [Theory]
    [InlineData("back-2", "--method back-3", true)]
    [InlineData("back-2", "--method back-trace-2", true)]
    [InlineData("back-2", "--learn gamma", false)]
    [InlineData("reuse-2", "--method back-2", false)]
    public void AForkMayLookBack(string method, string other, bool goesOn)
    {
        TrainedFolder.Run($"{Snake} --method {method} --frames 24 --out {At("a")}".Replace("--method 2 ", ""));
        TrainedFolder.Run($"snake --fork {At("a")} --frames 48 {other} --out {At("fork")}");
        var forked = ForkedRun.Find(At("a"));
        var run = AgentFolder.Find(At("fork"), null).Load().Run;
        var behind = forked.Begin(run).Tensors.Where(each => each.Key.StartsWith("Behind.", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(behind);
        var numbers = behind.Select(each => each.Value).Where(each => each.Type == ElementType.Float32);
        Assert.Equal(goesOn, numbers.Any(each => each.Elements<float>().ContainsAnyExcept(0)));
        TrainedFolder.Run($"snake --resume --frames 60 --out {At("fork")}");
    }

    [Fact]
    public void AForkInAFileOfSettingsInheritsToo()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --out {At("a")}");
        File.WriteAllText(At("fork.json"), $$"""{ "fork": "{{At("a/../a")}}", "frames": "48", "entropy": 0.02 }""");
        TrainedFolder.Run($"snake --config {At("fork.json")} --out {At("fork")}");
        var config = JsonNode.Parse(File.ReadAllText(At("fork/config.json")))!;
        Assert.Equal((At("a"), "4x4", 0.02), ((string?)config["fork"], (string?)config["grid"], (double?)config["entropy"]));
        TrainedFolder.Run($"snake --resume --fork {At("a")} --out {At("fork")}");
    }

    [Fact]
    public void AgentsThatBeginAnewAreNamed()
    {
        TrainedFolder.Run($"{Snake} --frames 24 --seeds 2 --out {At("a")}");
        File.Delete(At("a/2-1/checkpoint.safetensors"));
        Assert.StartsWith(
            "Without a checkpoint of theirs, these agents begin anew: 2-1.", TrainedFolder.Run($"snake --resume --out {At("a")}"));
    }

    private string At(string name) => _temporary.At(name);

    private void AssertSameFiles(string expected, string actual)
        => Assert.All(
            (string[])["checkpoint.safetensors", "config.json", "figure4.svg", "metrics.csv", "summary.json"],
            name => Assert.Equal(File.ReadAllBytes(At($"{expected}/{name}")), File.ReadAllBytes(At($"{actual}/{name}"))));

    private static void AssertMistake(string line, string expected)
    {
        var (code, output, error) = TrainedFolder.Try(line);
        Assert.Equal((ExitCodes.UserError, "", expected), (code, output, error.TrimEnd()));
    }
}
