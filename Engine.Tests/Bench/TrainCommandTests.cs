using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Engine.Bench;
using Engine.Bench.Output;
using Engine.Bench.Runs;
using Engine.RL;
using Engine.RL.Training;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Bench;

public sealed partial class TrainCommandTests : IDisposable
{
    // Eight updates of two environments on the smallest board.
    private const string Tiny = "--step-limit 9 --envs 2 --rollout 3 --frames 48 --log-every 3 --threads 1";
    private const string Small = $"--grid 4 {Tiny}";
    private const string Snake = $"snake {Small} --method 2-mix --seeds 2 --points 3";
    private const string Table = $"table1 {Small} --methods 0,2 --seeds 2 --points 2 --replicates 2";

    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    // Its settings take the place of the defaults, and what is given that of its settings; agents that go on from others have theirs.
    [Fact]
    public void APresetIsOverDefaultsAndUnderOptions()
    {
        const string Small = "--envs 2 --frames 20 --points 0 --threads 1";
        RunToEnd($"snake --preset outer-value --method 1 {Small} --gamma 0.7 --out {At("a")}");
        var settings = JsonNode.Parse(File.ReadAllText(At("a/config.json")))!;
        Assert.Equal(("outer-value", "6x6", 5, 0.7), (
            (string)settings["preset"]!, (string)settings["grid"]!, (int)settings["rollout"]!, (double)settings["gamma"]!));
        RunToEnd($"snake --resume --frames 40 --out {At("a")}");
        RunToEnd($"train --fork {At("a")} --frames 60 --out {At("b")}");
        Assert.Equal("6x6", (string)JsonNode.Parse(File.ReadAllText(At("b/config.json")))!["grid"]!);
        RunToEnd($"table1 --preset outer-value --methods 1 --seeds 1 --replicates 0 --envs 2 --frames 20 --threads 1 --out {At("t")}");
        Assert.Equal(3e-3, (double)JsonNode.Parse(File.ReadAllText(At("t/config.json")))!["meta-learning-rate"]!);
        RunToEnd($"snake --grid 6 --method 1 {Small} --rollout 5 --out {At("c")}");
        AssertMistake(
            $"train --fork {At("c")} --preset outer-value --frames 60 --out {At("d")}",
            "--preset outer-value: agents that go on from others");
    }

    [Fact]
    public void SnakeWritesItsFilesAndATable()
    {
        var (code, output, error) = Run($"{Snake} --out {At("a")} --quiet");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Equal(["2-mix-0", "2-mix-1", "config.json", "figure3.png", "figure3.svg", "metrics.csv", "summary.json"], Names("a"));
        string[] own = ["checkpoint.safetensors", "metrics.csv", .. from point in (int[])[0, 1, 2] select AgentFolder.PointFile(point)];
        foreach (string agent in (string[])["2-mix-0", "2-mix-1"])
            Assert.Equal(own, Names($"a/{agent}"));
        Assert.Contains("| 2-mix ", output);
        Assert.Contains($"Written to {At("a")}: config.json, metrics.csv, summary.json, figure3.svg, figure3.png", output);

        string[][] metrics = Cells("a/metrics.csv");
        Assert.Equal(["method", "seed", "update", .. Columns<TrainingRow>.Names], metrics[0]);
        string[] expected = ["2-mix,0,3", "2-mix,0,6", "2-mix,0,8", "2-mix,1,3", "2-mix,1,6", "2-mix,1,8"];
        Assert.Equal(expected, metrics[1..].Select(row => string.Join(',', row[..3])));

        // The agents' own files have the same rows.
        string[][] agents = [.. Cells("a/2-mix-0/metrics.csv")[1..], .. Cells("a/2-mix-1/metrics.csv")[1..]];
        Assert.Equal(metrics[1..].SelectMany(row => row[2..]), agents.SelectMany(row => row));
        var summary = JsonNode.Parse(File.ReadAllText(At("a/summary.json")))!;
        Assert.Equal("2-mix", (string?)summary["methods"]![0]!["method"]);
        Assert.Equal([0, 1], summary["agents"]!.AsArray().Select(agent => (int)agent!["seed"]!));
        Assert.Equal([1, 4, 6], own[2..].Select(name => AgentFolder.Load(At($"a/2-mix-1/{name}")).Snapshot.Iteration));
    }

    [Fact]
    public void Table1WritesItsFilesAndATable()
    {
        var (code, output, error) = Run($"{Table} --out {At("a")} --quiet");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        Assert.Equal(["0-0", "0-1", "2-0", "2-1", "config.json", "figure3.png", "figure3.svg", "metrics.csv", "summary.json"], Names("a"));
        Assert.All((string[])["0-0", "2-1"], agent => Assert.Equal(["checkpoint.safetensors", "metrics.csv"], Names($"a/{agent}")));
        Assert.Contains("Std of meta-gradient", output);
        Assert.Contains("2 points, 2 replicates", output);
        Assert.Contains("Snake on 4x4, 48 frames, 2 seeds", output);
        var agents = JsonNode.Parse(File.ReadAllText(At("a/summary.json")))!["agents"]!.AsArray();
        Assert.Equal([0, 0, 2, 2], agents.Select(agent => agent!["deviations"]!.AsArray().Count));

        // What method 0 has none of is an empty cell.
        int outer = 3 + Columns<TrainingRow>.Of("outer_loss");
        Assert.All(Cells("a/metrics.csv")[1..], row => Assert.Equal(row[0] == "0", row[outer].Length == 0));
    }

    [Fact]
    public void WithoutReplicatesNothingIsEvaluatedOrKept()
    {
        var (code, output, _) = Run($"table1 {Small} --methods 2 --seeds 1 --points 2 --replicates 0 --out {At("a")} --quiet");
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Contains("meta-gradients were not evaluated", output);
        Assert.Equal(["checkpoint.safetensors", "metrics.csv"], Names("a/2-0"));
    }

    [Theory]
    [InlineData(Snake)]
    [InlineData(Table)]
    public void AgentsAtTheSameTimeAreThoseOneAfterTheOther(string command)
    {
        string one = RunToEnd($"{command} --out {At("one")}");
        Assert.Equal(one, RunToEnd($"{command} --parallel 2 --out {At("two")}"));
        AssertSameFolders("one", "two");
    }

    // An agent's end shows a line, and the one who reads it interrupts: agents are then done, begun or waiting.
    [Theory]
    [InlineData(Snake, 1, 1)]
    [InlineData(Table, 3, 1)]
    [InlineData(Table, 1, 2)]
    public void InterruptedExperimentsGoOn(string command, int agents, int parallel)
    {
        string expected = RunToEnd($"{command} --out {At("whole")}");
        string again = $"{command} --parallel {parallel} --out {At("parts")}";
        var (code, _, error) = RunAndCancel(agents, again);
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.EndsWith(
            $"Interrupted; every checkpoint in {At("parts")} is complete: the same command with --resume goes on.", error.TrimEnd());
        Assert.False(File.Exists(At("parts/summary.json")));
        Assert.Equal(expected, RunToEnd($"{again} --resume"));
        AssertSameFolders("whole", "parts");

        // A complete experiment can be resumed too, and needs no settings for it.
        Assert.Equal(expected, RunToEnd($"{command.Split(' ')[0]} --resume --out {At("parts")}"));
        AssertSameFolders("whole", "parts");
    }

    // A point of training is all that a run needs to go on: here an agent stopped in the middle of a row of metrics.
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void AgentsStoppedInTheirMidstGoOn(int point)
    {
        string expected = RunToEnd($"{Snake} --out {At("whole")}");
        Directory.CreateDirectory(At("parts/2-mix-1"));
        File.Copy(At("whole/config.json"), At("parts/config.json"));
        for (int kept = 0; kept < point; kept++)
            File.Copy(At($"whole/2-mix-1/{AgentFolder.PointFile(kept)}"), At($"parts/2-mix-1/{AgentFolder.PointFile(kept)}"));
        File.Copy(At($"whole/2-mix-1/{AgentFolder.PointFile(point)}"), At("parts/2-mix-1/checkpoint.safetensors"));
        Assert.Equal(expected, RunToEnd($"{Snake} --out {At("parts")} --resume"));
        AssertSameFolders("whole", "parts");
    }

    // Wherever the clock strikes.
    [Fact]
    public void ExperimentsInterruptedAnywhereGoOn()
    {
        string expected = RunToEnd($"{Table} --out {At("whole")}");
        string again = $"{Table} --quiet --out {At("parts")}";
        int code = ExitCodes.Interrupted;
        string printed = "";
        for (int attempt = 0; code == ExitCodes.Interrupted; attempt++)
        {
            // Later attempts have more time, so that there is an end.
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(20 << attempt));
            (code, printed, _) = Run(File.Exists(At("parts/config.json")) ? $"{again} --resume" : again, cancel.Token);
        }

        Assert.Equal(ExitCodes.Ok, code);
        Assert.Equal(expected, WithoutPace(printed));
        AssertSameFolders("whole", "parts");
    }

    [Fact]
    public void SnakeIsTrainWithItsEnvironment()
    {
        string expected = RunToEnd($"{Snake} --out {At("snake")}");
        Assert.Equal(expected, RunToEnd($"{Snake.Replace("snake ", "train --env snake ")} --out {At("train")}"));
        AssertSameFolders("snake", "train");
    }

    [Theory]
    [InlineData("catch", "Catch on 10x5")]
    [InlineData("cartpole --step-limit 9", "Cartpole")]
    [InlineData("maze --grid 5x6 --step-limit 9", "Maze on 5x6")]
    public void EveryEnvironmentLearnsAndIsJudged(string env, string described)
    {
        string train = $"train --env {env} --envs 2 --rollout 3 --frames 48 --log-every 3 --threads 1 --method 2-mix --seeds 2 --points 2";
        string printed = RunToEnd($"{train} --out {At("a")}");
        Assert.Contains("| 2-mix ", printed);
        Assert.Contains($"Learning {described}<", File.ReadAllText(At("a/figure3.svg")));
        Assert.All(Cells("a/metrics.csv")[1..], row => Assert.NotEmpty(row[3 + Columns<TrainingRow>.Of("meta_grad_norm")]));

        // From the first point on, which is all that a run needs.
        Directory.CreateDirectory(At("b/2-mix-1"));
        File.Copy(At("a/config.json"), At("b/config.json"));
        File.Copy(At("a/2-mix-1/point-0000.safetensors"), At("b/2-mix-1/point-0000.safetensors"));
        File.Copy(At("a/2-mix-1/point-0000.safetensors"), At("b/2-mix-1/checkpoint.safetensors"));
        Assert.Equal(printed, RunToEnd($"train --resume --out {At("b")}"));
        AssertSameFolders("a", "b");

        RunToEnd($"variance {At("a/2-mix-1")} --methods 1,trace-2 --replicates 3 --oracle 2 --threads 1 --out {At("v")}");
        Assert.Contains($"Meta-gradients along training: {described}", File.ReadAllText(At("v/variance.svg")));
        string[] judged = ["1,1,2", "trace-2,1,2", "1,1,6", "trace-2,1,6"];
        Assert.Equal(judged, Cells("v/metrics.csv")[1..].Select(row => string.Join(',', row[..3])));
    }

    [Fact]
    public void SettingsAreWrittenAsTheyAreTyped()
    {
        string train = "train --grid 4 --step-limit 9 --envs 2 --rollout 3 --method 0 --threads 1";
        RunToEnd($"{train} --frames 0.018k --gamma 9e-1 --learn gamma --out {At("a")}");
        var config = JsonNode.Parse(File.ReadAllText(At("a/config.json")))!;
        Assert.Equal("4x4", (string?)config["grid"]);
        Assert.Equal(18, (int)config["frames"]!);
        Assert.Equal(0.9, (double)config["gamma"]!);
        Assert.Equal(["gamma"], config["learn"]!.AsArray().Select(name => (string?)name));
        Assert.Equal(9, (int)config["step-limit"]!);

        // A setting that is not given is its environment's.
        Assert.Null(config["kappa"]);
        RunToEnd($"train --config {At("a/config.json")} --out {At("b")}");
        AssertSameFolders("a", "b");
    }

    // Agents of the run before, which were not reached, are not taken for ones to go on with.
    [Fact]
    public void OverwrittenExperimentsGoOn()
    {
        RunToEnd($"{Table} --learning-rate 0.5 --out {At("parts")}");
        Assert.Equal(ExitCodes.Interrupted, RunAndCancel(1, $"{Table} --overwrite --out {At("parts")}").Code);
        string expected = RunToEnd($"{Table} --out {At("whole")}");
        Assert.Equal(expected, RunToEnd($"{Table} --out {At("parts")} --resume"));
        AssertSameFolders("whole", "parts");
    }

    // Updates run as they are written, and nothing in them is infinite that should not be.
    [Theory]
    [InlineData("0")]
    [InlineData("2-mix")]
    [InlineData("back-3")]
    [InlineData("reuse-2")]
    public void CheckedTrainingIsTheSame(string method)
    {
        RunToEnd($"snake {Small} --method {method} --points 0 --check-finite --out {At("checked")}");
        RunToEnd($"snake {Small} --method {method} --points 0 --out {At("free")}");
        foreach (var (expected, actual) in Numbers("free").Zip(Numbers("checked")))
            Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) <= 1e-4 * Math.Max(1, Math.Abs(a)));

        IEnumerable<double[]> Numbers(string folder)
            => Cells($"{folder}/metrics.csv")[1..].Select(row => row[1..^1].Select(Number).ToArray());

        static double Number(string cell) => cell.Length == 0 ? 0 : double.Parse(cell, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void TheFirstInfinityIsNamed()
    {
        string train = $"snake {Small} --method 1 --points 0 --learning-rate 1e30 --check-finite --out {At("a")}";
        var (code, _, error) = Run($"{train} --quiet");
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Matches(@"^Update \d+: \w+\(Float32 .*\) produced (NaN|-?Infinity) at element .*", error);
        Assert.EndsWith(" The checkpoint is from before.", error.TrimEnd());
        Assert.True(File.Exists(At("a/1-0/checkpoint.safetensors")));
    }

    // The process as it is has nothing infinite; a loss that overflows has. What looks ahead meets it in a meta-gradient.
    [Theory]
    [InlineData("0", 1)]
    [InlineData("2", 0)]
    public void InTheMarkovRewardProcessToo(string method, int iteration)
    {
        string mrp = $"mrp --look-ahead {method} --seeds 2 --iterations 6 --monte-carlo 2 --batch 4 --threads 1 --check-finite";
        RunToEnd($"{mrp} --out {At("a")}");
        var (code, _, error) = Run($"{mrp} --learning-rate 1e30 --inner-optimiser sgd --out {At("b")} --quiet");
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Matches($"^Method {method}, iteration {iteration}: " + @"\w+\(Float32 .*\) produced (NaN|-?Infinity) at element .*", error);
        Assert.EndsWith(" The checkpoint is from before.", error.TrimEnd());
    }

    // What there was stays as it is, what there was none of is added: the experiment is the one that had all from the start.
    [Fact]
    public void ExperimentsGainMethodsAndSeeds()
    {
        RunToEnd($"table1 {Small} --methods 2 --seeds 1 --points 2 --replicates 2 --out {At("parts")}");
        string grown = RunToEnd($"table1 --resume --methods 0,2 --seeds 2 --out {At("parts")}");
        Assert.StartsWith(
            $"Goes on: methods from 1 to 2.{Environment.NewLine}Goes on: seeds from 1 to 2.{Environment.NewLine}", grown);
        Assert.EndsWith(RunToEnd($"{Table} --out {At("whole")}"), grown);
        AssertSameFolders("whole", "parts");
        AssertMistake($"table1 --resume --methods 0,1 --out {At("parts")}", "methods");
        AssertMistake($"table1 --resume --seeds 1 --out {At("parts")}", "seeds is 1, but must be at least 2, as it was before");
        RunToEnd($"snake {Small} --method 0 --seeds 1 --out {At("few")}");
        RunToEnd($"snake --resume --seeds 2 --out {At("few")}");
        RunToEnd($"snake {Small} --method 0 --seeds 2 --out {At("many")}");
        AssertSameFolders("many", "few");
    }

    [Fact]
    public void FiguresShowWhatWasLearned()
    {
        RunToEnd($"snake {Small} --method 0 --points 0 --out {At("fixed")}");
        Assert.DoesNotContain("Discount", File.ReadAllText(At("fixed/figure3.svg")));
        RunToEnd($"snake {Small} --method 1 --points 0 --learn gamma --out {At("one")}");
        string learned = File.ReadAllText(At("one/figure3.svg"));
        Assert.Contains("(b) Discount", learned);
        Assert.DoesNotContain("Lambda", learned);
        Assert.Contains("one seed", learned);
    }

    // The folder above several experiments is no experiment, but nobody may lose a run by naming it.
    [Fact]
    public void OverwritingRemovesAgentsAndNoOtherRuns()
    {
        RunToEnd($"{Snake} --out {At("runs")}");
        RunToEnd($"mrp --look-ahead 1 --seeds 1 --iterations 2 --monte-carlo 2 --threads 1 --out {At("runs/mrp")}");
        string[] mrp = Names("runs/mrp");
        RunToEnd($"snake {Small} --method 0 --points 0 --overwrite --out {At("runs")}");
        Assert.Equal(["0-0", "config.json", "figure3.png", "figure3.svg", "metrics.csv", "mrp", "summary.json"], Names("runs"));
        Assert.Equal(mrp, Names("runs/mrp"));
    }

    [Theory]
    [InlineData(
        "--method 5-mixed",
        "Method '5-mixed' is unknown: write n steps as 5, a mix as 5-mix, traces as trace-5 and trace-5-mix, reuse-5 for steps on one more "
            + "rollout, bmg-5 for a bootstrapped target, back-5 and back-trace-5 to look back.")]
    [InlineData("--env chess", "env is 'chess', but must be one of snake, catch, cartpole, maze.")]
    [InlineData("--env cartpole --grid 5", "grid is 5x5, but cartpole has no board: leave it out.")]
    [InlineData("--env catch --step-limit 5", "step-limit is 5, but episodes of catch end by themselves: leave it out.")]
    [InlineData("--step-limit 0", "step-limit is 0, but must be between 1 and 1073741824.")]
    [InlineData("--grid 12x1", "grid is 12x1, but must be at least 2x2 of snake.")]
    [InlineData("--grid 0", "grid is 0x0, but must be at least 2x2 of snake.")]
    [InlineData("--env maze --grid 4x5", "grid is 4x5, but must be at least 5x5 of maze.")]
    [InlineData("--env catch --grid 1x1", "grid is 1x1, but must be at least 2x1 of catch.")]
    [InlineData("--env catch --grid 1025x1024", "grid is 1025x1024, but must be of at most 1048576 cells.")]
    [InlineData("--grid 2x", "--grid: '2x' is not a board, as 6 for 6x6 or 10x14. See 'engine train --help'.")]
    [InlineData("--grid 5x5x5", "--grid: '5x5x5' is not a board, as 6 for 6x6 or 10x14. See 'engine train --help'.")]
    [InlineData("--grid -5", "--grid: '-5' is not a board, as 6 for 6x6 or 10x14. See 'engine train --help'.")]
    [InlineData("--frames 1.5", "--frames: '1.5' is not a whole number, as 5000, 300k or 5M. See 'engine train --help'.")]
    [InlineData(
        "--envs 1k --rollout 2k",
        "envs * rollout is 2000000, but must be at most 1048576: all that a rollout has seen is kept in memory.")]
    [InlineData("--parallel -1", "--parallel is -1, but must be at least 0. See 'engine train --help'.")]
    [InlineData("--seeds 0", "seeds is 0, but must be between 1 and 10000.")]
    [InlineData("--gamma 1", "gamma is 1, but must be between 0 and 1, both excluded.")]
    [InlineData("--threads -2", "--threads is -2, but must be between 0 and 1024. See 'engine train --help'.")]
    [InlineData(
        "--learn gamma,delta",
        "--learn: 'delta' is not one of gamma, lambda, critic, entropy, learning-rate. See 'engine train --help'.")]
    public void MistakesAreNamed(string options, string expected)
    {
        var (code, output, error) = Run($"train {options} --out {At("a")}");
        Assert.Equal((ExitCodes.UserError, "", expected), (code, output, error.TrimEnd()));
        Assert.False(Directory.Exists(At("a")));
    }

    [Fact]
    public void FoldersInUseAreRefused()
    {
        RunToEnd($"snake {Small} --method 0 --out {At("a")}");
        AssertMistake($"snake {Small} --out {At("a")}", $"{At("a")} is not empty: give --resume to go on, --overwrite to start anew");
        AssertMistake($"snake --resume --method 1 --out {At("a")}", "method: \"0\" in the checkpoint, \"1\" now");
    }

    [Fact]
    public void CheckpointsThatDoNotFitAreRefused()
    {
        string run = $"snake {Small} --method 0 --out {At("a")}";
        RunToEnd(run);
        RunToEnd($"snake --grid 5 {Tiny} --method 0 --out {At("b")}");
        File.Copy(At("b/0-0/checkpoint.safetensors"), At("a/0-0/checkpoint.safetensors"), overwrite: true);
        AssertMistake($"{run} --resume", "settings.grid: \"5x5\" in the checkpoint, \"4x4\" now");

        byte[] bytes = File.ReadAllBytes(At("b/0-0/checkpoint.safetensors"));
        File.WriteAllBytes(At("a/0-0/checkpoint.safetensors"), bytes[..(bytes.Length / 2)]);
        AssertMistake(
            $"{run} --resume",
            $"Checkpoint {At("a/0-0/checkpoint.safetensors")} is truncated or corrupt",
            "Name another, restore it from a copy, or remove it to begin anew.");
    }

    private void AssertMistake(string line, params string[] parts)
    {
        var (code, output, error) = Run(line);
        Assert.All(parts, part => Assert.Contains(part, error));
        Assert.Equal((ExitCodes.UserError, ""), (code, output));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    private static string RunToEnd(string line)
    {
        var (code, output, error) = Run($"{line} --quiet");
        Assert.Equal((ExitCodes.Ok, ""), (code, error));
        return WithoutPace(output);
    }

    // What is printed but for the pace and where the files are.
    private static string WithoutPace(string output)
    {
        bool paced = output.Contains("Frames per second", StringComparison.Ordinal);
        var lines = output.Split('\n').Where(line => !line.StartsWith("Written to ", StringComparison.Ordinal));
        return string.Join('\n', lines.Select(line => paced && line.StartsWith('|') ? WithoutLastCell(line) : line));

        static string WithoutLastCell(string line) => line[..line.TrimEnd(' ', '|', '\r').LastIndexOf('|')];
    }

    private static (int Code, string Output, string Error) RunAndCancel(int agents, string line)
    {
        using var cancel = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new CancellingWriter(cancel, agents);
        int code = Program.Run(line.Split(' '), output, error, cancel.Token);
        return (code, output.ToString(), error.ToString());
    }

    private static (int Code, string Output, string Error) Run(string line, CancellationToken cancel = default)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = Program.Run(line.Split(' '), output, error, cancel);
        return (code, output.ToString(), error.ToString());
    }

    private string At(string name) => _temporary.At(name);

    private string[] Names(string folder)
        => [.. Directory.GetFileSystemEntries(At(folder)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string[][] Cells(string file) => [.. File.ReadAllLines(At(file)).Select(line => line.Split(','))];

    private void AssertSameText(string expected, string actual)
        => Assert.Equal(File.ReadAllText(At(expected)), File.ReadAllText(At(actual)));

    private void AssertSameFolders(string expected, string actual) => TrainedFolder.AssertSame(At(expected), At(actual));

    // Cancels once so many lines were written.
    private sealed class CancellingWriter(CancellationTokenSource cancel, int lines) : StringWriter
    {
        private int _lines;

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (++_lines == lines)
                cancel.Cancel();
        }
    }
}
