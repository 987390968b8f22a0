using System.Text.Json.Nodes;
using System.Xml.Linq;
using Engine.Bench.Output;
using Engine.Tests.Core;
using SixLabors.ImageSharp;
using Xunit;

namespace Engine.Tests.Bench;

public sealed class AgentCommandTests : IClassFixture<AgentCommandTests.Trained>
{
    private readonly Trained _trained;

    public AgentCommandTests(Trained trained) => _trained = trained;

    [Fact]
    public void PlayShowsTheLastMomentWhereItCantMove()
    {
        var (code, output, error) = Play();
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        string[] lines = output.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal("0-1 after 16 frames, sampled, seed 3", lines[0]);
        Assert.Matches(@"^step \d+  return \d+  (bit itself|hit the wall|step limit)$", lines[1]);
        Assert.Equal("+--------+", lines[2]);
        Assert.Equal(output, Play().Output);
        Assert.NotEqual(output, Play("--episode", "1").Output);
    }

    [Fact]
    public void PlayWritesAPictureThatMoves()
    {
        string file = _trained.Temporary.At("game.svg");
        var (code, output, _) = Play("--svg", file, "--speed", "30", "--policy", "greedy");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.StartsWith($"Written to {file}: ", output);
        Assert.Contains(XDocument.Load(file).Descendants(), element => element.Name.LocalName == "animateTransform");
    }

    [Fact]
    public void EvaluatePrintsATableAndWritesEveryEpisode()
    {
        string file = _trained.Temporary.At("evaluation.json");
        var (code, output, error) = Run("evaluate", _trained.Folder, "--agent", "0-1", "--episodes", "9", "--seed", "3", "--json", file);
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("| 0-1 after 16 frames | sampled |        9 |", output);
        Assert.Contains("episodes  9/9", error);
        var json = JsonNode.Parse(File.ReadAllText(file))!["agents"]!.AsArray().Single()!;
        double[] returns = [.. json["returns"]!.AsArray().Select(value => (double)value!)];
        Assert.Equal(9, returns.Length);
        Assert.Equal(("0-1", 16), ((string?)json["agent"], (int)json["frames"]!));
        Assert.Equal(returns.Average(), (double)json["mean"]!, 12);
        Assert.Equal(json["lengths"]!.AsArray().Average(value => (double)value!), (double)json["mean-length"]!, 12);

        // The game that 'play' shows is one of them.
        int length = (int)json["lengths"]![5]!;
        Assert.Contains($"step {length}  return {returns[5]}", Play("--episode", "5").Output);
    }

    [Fact]
    public void EvaluateJudgesAllAgentsAndTheirMethod()
    {
        string file = _trained.Temporary.At("all.json");
        var (code, output, error) = Run("evaluate", _trained.Folder, "--episodes", "5", "--json", file);
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Matches(@"\| 0-0 after 16 frames \| sampled \| +5 \| +[\d.]+ \([\d.]+\) \|", output);
        Assert.Matches(@"\| 0-1 after 16 frames \| sampled \| +5 \| +[\d.]+ \([\d.]+\) \|", output);
        Assert.Contains("In brackets: the standard error over episodes.", output);
        Assert.Matches(@"\| 0 +\| +2 \| +[\d.]+ \[[\d.]+, [\d.]+\] \|", output);
        Assert.Contains("0-1, episodes  5/5", error);
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        double[] means = [.. json["agents"]!.AsArray().Select(agent => (double)agent!["mean"]!)];
        Assert.Equal(means.Average(), (double)json["methods"]![0]!["return"]!["mean"]!, 12);

        // An agent alone plays as it does among others, and says nothing of seeds.
        output = Run("evaluate", _trained.Folder, "--agent", "0-1", "--episodes", "5", "--json", file).Output;
        Assert.DoesNotContain("over seeds", output);
        json = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.Equal(means[1], (double)json["agents"]!.AsArray().Single()!["mean"]!);
        Assert.Null(json["methods"]![0]!["return"]!["mean-interval"]);
    }

    [Fact]
    public void EarlierCheckpointsOfAllAgentsAreJudged()
    {
        var (code, output, error) = Run("evaluate", _trained.Folder, "--episodes", "2", "--checkpoint", "point-0000.safetensors");
        Assert.True(code == ExitCodes.Ok, error);
        Assert.Contains("| 0-0 after 8 frames ", output);
        Assert.Contains("| 0-1 after 8 frames ", output);
    }

    [Theory]
    [InlineData("play")]
    [InlineData("evaluate")]
    [InlineData("variance", "--out", "OUT")]
    public void RunsOfOtherKindsHaveNoAgents(string command, params string[] more)
    {
        string folder = _trained.Temporary.At("mrp"), file = Path.Combine(folder, "config.json");
        if (!Directory.Exists(folder))
        {
            Assert.Equal(ExitCodes.Ok, Run(
                "mrp", "--iterations", "2", "--seeds", "1", "--monte-carlo", "2", "--batch", "2", "--look-ahead", "1", "--quiet",
                "--out", folder).Code);
        }

        string[] rest = [.. more.Select(word => word == "OUT" ? _trained.Temporary.At("no") : word)];
        foreach (var (run, part) in ((string, string)[])
            [(folder, "is no checkpoint of a trained agent"), (file, "is truncated or corrupt")])
        {
            var (code, output, error) = Run([command, run, .. rest]);
            Assert.Equal((ExitCodes.UserError, ""), (code, output));
            Assert.Contains(part, error);
            Assert.DoesNotContain("Engine.", error);
            Assert.DoesNotContain("$", error);
            Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    [Fact]
    public void EarlierCheckpointsAreFoundInTheFolder()
    {
        var (code, output, _) = Play("--checkpoint", "point-0000.safetensors");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.StartsWith("0-1 after 8 frames", output);
    }

    [Fact]
    public void EarlierCheckpointsOfAnOnlyAgentNeedNoName()
    {
        string alone = _trained.Temporary.At("alone");
        string agent = Directory.CreateDirectory(Path.Combine(alone, "0-0")).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(_trained.Folder, "0-0")))
            File.Copy(file, Path.Combine(agent, Path.GetFileName(file)));
        var (code, output, _) = Run("play", alone, "--checkpoint", "point-0000.safetensors");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.StartsWith("0-0 after 8 frames", output);
    }

    // An agent is called as its folder among others, and alone by either name.
    [Fact]
    public void CopiedAgentsAreFoundByTheirFolder()
    {
        string copies = _trained.Temporary.At("copies");
        foreach (string name in (string[])["0-0", "mine"])
        {
            string agent = Directory.CreateDirectory(Path.Combine(copies, name)).FullName;
            foreach (string file in Directory.GetFiles(Path.Combine(_trained.Folder, "0-0")))
                File.Copy(file, Path.Combine(agent, Path.GetFileName(file)));
        }

        var (code, output, error) = Run("evaluate", copies, "--episodes", "2", "--agent", "mine", "--quiet");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains("| mine after 16 frames ", output);
        (_, output, error) = Run("evaluate", copies, "--episodes", "2");
        Assert.Contains("| 0-0 after 16 frames ", output);
        Assert.Contains("| mine after 16 frames ", output);
        Assert.Contains("mine, episodes  2/2", error);
        Assert.StartsWith("mine after 8 frames", Run("play", copies, "--agent", "mine", "--checkpoint", "point-0000.safetensors").Output);
        foreach (string name in (string[])["mine", "0-0"])
            Assert.StartsWith("0-0 after 16 frames", Run("play", Path.Combine(copies, "mine"), "--agent", name).Output);
    }

    [Theory]
    [InlineData("catch", 9, @"^step 9  return -?1  (caught|missed)$")]
    [InlineData("cartpole", 7, @"^step 7  return 7  cart \S+  pole \S+ degrees  upright to the step limit$")]
    [InlineData("maze", 7, @"^step \d+  return [01]  (reached the goal|step limit)$")]
    public void AgentsOfOtherGamesAreJudgedAndShown(string env, int length, string status)
    {
        string folder = _trained.Temporary.At(env), file = _trained.Temporary.At($"{env}.json");
        string[] limit = env == "catch" ? [] : ["--step-limit", "7"];
        var (code, _, error) = Run(
            ["train", "--env", env, "--method", "1", "--frames", "8", "--envs", "2", "--rollout", "4", "--points", "1", .. limit,
                "--out", folder, "--quiet"]);
        Assert.True(code == ExitCodes.Ok, error);
        (code, string output, error) = Run("evaluate", folder, "--episodes", "5", "--policy", "random", "--quiet", "--json", file);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Contains("| 1-0 after 8 frames | random |        5 |", output);
        int[] lengths = [.. JsonNode.Parse(File.ReadAllText(file))!["agents"]![0]!["lengths"]!.AsArray().Select(value => (int)value!)];
        Assert.Equal(length, lengths.Max());

        (code, output, error) = Run("play", folder);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Matches(status, output.ReplaceLineEndings("\n").Split('\n')[1]);
        (code, output, error) = Run("play", folder, "--svg", _trained.Temporary.At($"{env}.svg"));
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.StartsWith("--svg draws Snake alone, ", error);
        string gif = _trained.Temporary.At($"{env}.gif");
        (code, output, error) = Run("play", folder, "--gif", gif);
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.StartsWith($"Written to {gif}: ", output);
        using var picture = Image.Load(gif);
        Assert.InRange(picture.Frames.Count, 2, length + 1);
    }

    [Theory]
    [InlineData("there is no such folder", "evaluate", "nowhere")]
    [InlineData("say which with --agent 0-0|0-1", "play", "RUN")]
    [InlineData("--agent '5-0'", "play", "RUN", "--agent", "5-0")]
    [InlineData("has no checkpoint.safetensors", "play", "EMPTY")]
    [InlineData("there is no such file", "evaluate", "RUN", "--agent", "0-0", "--checkpoint", "point-0009.safetensors")]
    [InlineData("is truncated or corrupt", "evaluate", "RUN", "--agent", "0-0", "--checkpoint", "metrics.csv")]
    [InlineData("--speed is 0", "play", "RUN", "--speed", "0")]
    [InlineData("--speed is NaN", "play", "RUN", "--speed", "NaN")]
    [InlineData("--seed is -1", "play", "RUN", "--seed", "-1")]
    [InlineData("--episode is -1", "play", "RUN", "--episode", "-1")]
    [InlineData("--episodes is 0", "evaluate", "RUN", "--episodes", "0")]
    [InlineData("--threads is -1", "evaluate", "RUN", "--threads", "-1")]
    [InlineData("--threads is 100000", "evaluate", "RUN", "--threads", "100000")]
    [InlineData("say which with --agent 0-0|0-1", "play", "RUN", "--checkpoint", "point-0000.safetensors")]
    [InlineData("the agent that is evaluated is there", "variance", "RUN", "--agent", "0-0", "--out", "RUN", "--overwrite")]
    [InlineData("the agent that is evaluated is there", "variance", "RUN/0-0", "--out", "RUN/0-0/", "--overwrite")]
    [InlineData("the agent that is evaluated is there", "variance", "RUN/0-0", "--out", "RUN", "--overwrite")]
    [InlineData("the agent that is studied is there", "frontier", "RUN/0-0", "--out", "RUN", "--overwrite")]
    [InlineData("the agent that is studied is there", "hessian", "RUN", "--agent", "0-1", "--out", "RUN/0-1", "--overwrite")]
    [InlineData("say which with --agent 0-0|0-1", "frontier", "RUN", "--out", "EMPTY/f")]
    [InlineData("--batch is of the Markov reward process: leave it out", "hessian", "RUN/0-0", "--batch", "9", "--out", "EMPTY/h")]
    [InlineData("--kappa is of the Markov reward process: leave it out", "frontier", "RUN/0-0", "--kappa", "0.5", "--out", "EMPTY/f")]
    [InlineData("name the folder of the run that has this agent", "frontier", "--agent", "0-0", "--out", "EMPTY/f")]
    [InlineData("there is no such folder", "hessian", "EMPTY/none", "--out", "EMPTY/h")]
    [InlineData("oracle is 9, but must be at least most, 10", "frontier", "RUN/0-0", "--oracle", "9", "--out", "EMPTY/f")]
    [InlineData("Variant 'best' is unknown", "hessian", "--variants", "own,best", "--out", "EMPTY/h")]
    [InlineData("changes Adam, but what is studied learns by Sgd", "hessian", "--inner-optimiser", "sgd", "--out", "EMPTY/h")]
    [InlineData("'best' is not one of sampled, greedy, random", "play", "RUN", "--policy", "best")]
    [InlineData("there is no such folder", "play", "RUN", "--agent", "0-0", "--svg", "EMPTY/no/game.svg")]
    [InlineData("there is no such folder", "play", "RUN", "--agent", "0-0", "--gif", "EMPTY/no/game.gif")]
    [InlineData("this is a folder", "play", "RUN", "--agent", "0-0", "--gif", "EMPTY")]
    [InlineData("--svg and --gif are both", "play", "RUN", "--agent", "0-0", "--gif", "EMPTY/a", "--svg", "EMPTY/a")]
    [InlineData("can't be written", "evaluate", "RUN", "--agent", "0-0", "--episodes", "1", "--quiet", "--json", "EMPTY")]
    public void MistakesAreNamed(string part, params string[] args)
    {
        string empty = Directory.CreateDirectory(_trained.Temporary.At("empty")).FullName;
        var (code, _, error) = Run([.. args.Select(arg => arg.Replace("RUN", _trained.Folder).Replace("EMPTY", empty))]);
        Assert.Equal(ExitCodes.UserError, code);
        Assert.Contains(part, error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static (int Code, string Output, string Error) Run(params string[] args) => ProgramTests.Run(args);

    private (int Code, string Output, string Error) Play(params string[] more)
        => Run(["play", _trained.Folder, "--agent", "0-1", "--seed", "3", .. more]);

    /// <summary>Two agents that have hardly learned.</summary>
    public sealed class Trained : IDisposable
    {
        public Trained()
        {
            Folder = Temporary.At("run");
            var (code, _, error) = Run(
                "snake", "--grid", "4", "--method", "0", "--seeds", "2", "--frames", "16", "--envs", "2", "--rollout", "4", "--points", "1",
                "--step-limit", "40", "--out", Folder, "--quiet");
            Assert.True(code == ExitCodes.Ok, error);
        }

        public string Folder { get; }

        internal TemporaryFolder Temporary { get; } = new();

        public void Dispose() => Temporary.Dispose();
    }
}
